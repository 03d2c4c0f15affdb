// Concatenations that copy nothing: their inputs are made in slices of one memory, one beside the
// other, and shorter concatenations of the same inputs are slices of it too. A dense block, whose
// layers see all results before them, thus needs the memory of its last concatenation alone.
#pragma once

#include <vector>

#include "nn/fusion.h"
#include "nn/graph.h"

namespace evensr {

struct ConcatGroup {
  int tensor;  // the longest concatenation: all of the memory
  int channels;
  std::vector<int> members;   // tensors, side by side
  std::vector<int> prefixes;  // concatenations of the first members
};

// The place of a tensor in a group.
struct Home {
  int group = -1;  // -1: none, it has a memory of its own
  int channel = 0;
};

class ConcatGroups {
 public:
  ConcatGroups(const Graph& graph, const std::vector<Shape>& shapes,
               const std::vector<Fusion>& fusions);
  const std::vector<ConcatGroup>& groups() const { return groups_; }
  // Also of the results of convolutions that took over the node which makes a member.
  const Home& home(int tensor) const { return homes_[tensor]; }

 private:
  bool isPrefix(int tensor);
  bool canShare(int tensor) const;
  void make(int tensor);

  const Graph& graph_;
  const std::vector<Shape>& shapes_;
  const std::vector<Fusion>& fusions_;
  std::vector<char> slicesFit_;  // by tensor: its maker and all who read it take slices
  std::vector<ConcatGroup> groups_;
  std::vector<Home> homes_;
};

}  // namespace evensr
