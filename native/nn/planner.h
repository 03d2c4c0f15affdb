// Decides, for one input shape, which operators run in which order and where their results lie.
#pragma once

#include <optional>
#include <vector>

#include "nn/arena.h"
#include "nn/graph.h"
#include "nn/plan.h"

namespace evensr {

// An activation in the arena; block -1: none.
struct Place {
  Shape shape;
  int block = -1;
};

struct PlannedStep {
  int node = -1;  // -1: out = in[0] + in[1]
  std::vector<Place> in, dIn;
  Place out, dOut;
};

class Planner {
 public:
  Planner(const Graph& graph, const NetworkBackend& backend, const Shape& input,
          const PlanOptions& options);

  std::vector<PlannedStep> forward, backward;
  std::vector<std::optional<ConvolutionConfig>> convolutions;  // by node
  Place input, inputGradient;
  std::vector<Place> outputs, outputGradients;  // as graph.outputTensors()
  Arena arena;

 private:
  void findDependencies();
  void countUses();
  void planForward(int node);
  int takeOver(int node, const Shape& result);
  bool fuse(int node, int outBlock);
  void planBackward(int node);
  void addGradient(int tensor, int block);
  void use(int tensor);
  int acquire(int tensor) { return arena.acquire(backend_.activationBytes(shapes_[tensor])); }
  Place place(int tensor) const { return {shapes_[tensor], blocks_[tensor]}; }
  // Whether a node's backward pass needs its inputs; convolutions do for their weights only.
  bool backwardReadsInput(int node) const {
    const Op& op = *graph_.nodes()[node].op;
    return runsBackward(node) && op.backwardReadsInput &&
           (options_.parameterGradients || !op.convolution);
  }
  bool runsBackward(int node) const { return options_.backward && needsGradient_[node + 1]; }

  const Graph& graph_;
  const NetworkBackend& backend_;
  const PlanOptions options_;
  std::vector<Shape> shapes_;
  // By tensor:
  std::vector<char> needsGradient_;  // a parameter or the wanted input gradient depends on it
  std::vector<int> uses_;            // reads that are still to come
  std::vector<int> blocks_, gradients_;
};

}  // namespace evensr
