// Decides, for one input shape, which operators run in which order and where their results lie.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "nn/arena.h"
#include "nn/concat_groups.h"
#include "nn/fusion.h"
#include "nn/graph.h"
#include "nn/plan.h"

namespace evensr {

// An activation in the arena; block -1: none.
struct Place {
  Shape shape;
  int block = -1;
  int sliceOf = 0;  // as in Activation
};

struct PlannedStep {
  int node = -1;  // -1: out is the sum of `in`, one or two
  std::vector<Place> in, dIn;
  Place out, dOut;
  // Of a convolution:
  Place addend;       // what its result, or the gradient it makes, is added to
  Place unactivated;  // its result before the PReLU whose work it does
  Place gate;         // backward: the input of the PReLU before it, whose work it does
  int prelu = -1;     // the node of that PReLU
};

class Planner {
 public:
  Planner(const Graph& graph, const NetworkBackend& backend, const Shape& input,
          const PlanOptions& options);

  std::vector<PlannedStep> forward, backward;
  std::vector<std::optional<ConvolutionConfig>> convolutions;  // by node
  Place input, condition, inputGradient;
  std::vector<Place> outputs, outputGradients;  // as graph.outputTensors()
  Arena arena;

 private:
  void findReached();
  void findDependencies();
  void countUses();
  void planForward(int node);
  void takePart(const Fusion& fusion, int node);
  int placeFor(int node);
  bool keepsInput(int prelu) const;
  int takeOver(int node);
  int homeBlock(int tensor);
  void makeGroup(int group);
  void use(int tensor);

  void planBackward(int node);
  bool shareGradient(int node);
  bool passGated(int node);
  void addGate(PlannedStep& step, int node);
  bool addToPrefix(PlannedStep& step, int tensor);
  bool addToExisting(PlannedStep& step, int tensor);
  int pass(int tensor, int gradient);
  void addGradient(int tensor, int block);
  bool isMade(int prefix) const;

  int acquire(int tensor) { return arena.acquire(backend_.activationBytes(shapes_[tensor])); }
  int acquireSlice(int block, int channel, int sliceOf);
  Place place(int tensor) const;
  Place gradientPlace(int tensor, int block) const;
  int sliceOf(int block) const;
  bool takesSlices(int tensor) const;
  // Whether a node's backward pass needs its inputs; convolutions do for their weights only.
  bool backwardReadsInput(int node) const {
    const Op& op = *graph_.nodes()[node].op;
    return runsBackward(node) && op.backwardReadsInput &&
           (options_.parameterGradients || !op.convolution);
  }
  // Whether the tensor is given in place of being computed.
  bool isGiven(int tensor) const {
    return options_.givenCondition && tensor == graph_.conditionTensor();
  }
  bool runsBackward(int node) const { return options_.backward && needsGradient_[node + 1]; }

  const Graph& graph_;
  const NetworkBackend& backend_;
  const PlanOptions options_;
  std::vector<Shape> shapes_;
  const std::vector<Fusion> fusions_;
  const ConcatGroups groups_;
  std::vector<int> convolutionSteps_;  // by node: index in `forward`
  // By tensor:
  std::vector<char> reached_;        // a result depends on it, not only by what is given
  std::vector<char> needsGradient_;  // a parameter or the wanted input gradient depends on it
  std::vector<int> uses_;            // reads that are still to come
  std::vector<int> blocks_, gradients_;
  std::vector<int> homeBlocks_;  // blocks of a group that are not yet taken
  std::vector<int> shares_;      // of members: their slice of the group's gradient
  std::vector<char> gated_;      // the gradient is that of the input of the PReLU that made it
  std::map<int, int> slicesOf_;  // by block: as in Activation
};

}  // namespace evensr
