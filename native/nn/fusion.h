// Which activations and sums a convolution takes over: it applies them to its results while it
// still has them in registers.
#pragma once

#include <vector>

#include "nn/graph.h"

namespace evensr {

// What became of a node.
struct Fusion {
  int convolution = -1;   // the node that does this one's work; -1: itself
  int prelu = -1;         // of a convolution: the PReLU whose work it does
  int addend = -1;        // tensor that a convolution which took over a sum adds its result to
  float outputScale = 1;  // and what it multiplies its result with before
  // Of a convolution: the PReLU that makes its input, which nobody else reads.
  int gate = -1;
};

// By node. A convolution takes over the only node that uses its result; of a sum, the other input
// must be there before the convolution runs.
std::vector<Fusion> findFusions(const Graph& graph);

}  // namespace evensr
