#include "nn/planner.h"

namespace evensr {

Planner::Planner(const Graph& graph, const NetworkBackend& backend, const Shape& inputShape,
                 const PlanOptions& options)
    : graph_(graph),
      backend_(backend),
      options_(options),
      shapes_(graph.shapes(inputShape)),
      fusions_(findFusions(graph)),
      groups_(graph, shapes_, fusions_) {
  const int nodes = static_cast<int>(graph_.nodes().size());
  convolutions.resize(nodes);
  convolutionSteps_.assign(nodes, -1);
  for (auto* blocks : {&blocks_, &gradients_, &homeBlocks_, &shares_})
    blocks->assign(nodes + 1, -1);
  gated_.assign(nodes + 1, 0);
  findReached();
  findDependencies();
  countUses();

  blocks_[0] = acquire(0);
  input = place(0);
  if (options_.givenCondition) {
    const int given = graph_.conditionTensor();
    blocks_[given] = acquire(given);
    condition = place(given);
  }
  for (int node = 0; node < nodes; node++) {
    if (reached_[node + 1] && !isGiven(node + 1)) planForward(node);
  }
  for (const int out : graph_.outputTensors()) outputs.push_back(place(out));
  if (!options_.backward) return;

  for (const int out : graph_.outputTensors()) {
    gradients_[out] = acquire(out);
    outputGradients.push_back({shapes_[out], gradients_[out]});
  }
  // Only now: all results are there while their gradients are being made.
  for (const int out : graph_.outputTensors()) use(out);
  for (int node = nodes - 1; node >= 0; node--) {
    if (runsBackward(node)) planBackward(node);
  }
  if (options_.inputGradient) inputGradient = {shapes_[0], gradients_[0]};
}

void Planner::findReached() {
  reached_.assign(graph_.nodes().size() + 1, 0);
  for (const int out : graph_.outputTensors()) reached_[out] = 1;
  for (size_t node = graph_.nodes().size(); node-- > 0;) {
    const int tensor = static_cast<int>(node) + 1;
    if (!reached_[tensor] || isGiven(tensor)) continue;
    for (const int input : graph_.nodes()[node].inputs) reached_[input] = 1;
  }
}

void Planner::findDependencies() {
  needsGradient_.assign(graph_.nodes().size() + 1, 0);
  needsGradient_[0] = options_.inputGradient;
  for (size_t node = 0; node < graph_.nodes().size(); node++) {
    bool needed = options_.parameterGradients && !graph_.nodes()[node].parameters.empty();
    for (const int tensor : graph_.nodes()[node].inputs) needed |= needsGradient_[tensor] != 0;
    needsGradient_[node + 1] = needed;
  }
}

void Planner::countUses() {
  const auto& nodes = graph_.nodes();
  uses_.assign(nodes.size() + 1, 0);
  for (const int out : graph_.outputTensors()) uses_[out]++;  // the loss, or the caller
  for (size_t node = 0; node < nodes.size(); node++) {
    const int made = static_cast<int>(node) + 1;
    if (!reached_[made] || isGiven(made)) continue;
    const bool backward = runsBackward(static_cast<int>(node));
    const int reads = 1 + backwardReadsInput(static_cast<int>(node));
    for (const int tensor : nodes[node].inputs) uses_[tensor] += reads;
    if (backward && nodes[node].op->backwardReadsOutput) uses_[node + 1]++;
  }
}

void Planner::use(int tensor) {
  if (--uses_[tensor] == 0) arena.release(blocks_[tensor]);
}

void Planner::planForward(int index) {
  const Node& node = graph_.nodes()[index];
  const int tensor = index + 1;
  blocks_[tensor] = placeFor(index);
  PlannedStep step;
  step.node = index;
  for (const int input : node.inputs) step.in.push_back(place(input));
  step.out = place(tensor);
  if (node.op->convolution) {
    ConvolutionConfig config = node.op->convolution(node.info, step.in[0].shape);
    config.weightGradient = runsBackward(index) && options_.parameterGradients;
    config.inputGradient = runsBackward(index) && needsGradient_[node.inputs[0]];
    convolutions[index] = config;
    convolutionSteps_[index] = static_cast<int>(forward.size());
    const int prelu = fusions_[index].prelu;
    // Now, while the memory of the convolution's input is not free.
    if (keepsInput(prelu)) blocks_[prelu + 1] = acquire(prelu + 1);
  }
  const bool isMade = node.op->concatenates && groups_.home(tensor).group >= 0;
  if (fusions_[index].convolution >= 0) {
    takePart(fusions_[index], index);
  } else if (!isMade) {
    forward.push_back(step);
  }
  for (const int input : node.inputs) use(input);
}

// Lets the convolution do the node's work.
void Planner::takePart(const Fusion& fusion, int index) {
  const Node& node = graph_.nodes()[index];
  ConvolutionConfig& config = *convolutions[fusion.convolution];
  PlannedStep& step = forward[convolutionSteps_[fusion.convolution]];
  if (fusion.addend >= 0) {
    config.outputScale = fusion.outputScale;
    step.addend = place(fusion.addend);
  } else if (node.op->isPrelu) {
    config.prelu = true;
    step.prelu = index;
    if (keepsInput(index)) step.unactivated = step.out;
    step.out = place(index + 1);
  } else {
    config.activationSlope = node.op->fusableSlope(node.info);
  }
}

// Where the result of a node lies.
int Planner::placeFor(int index) {
  const int tensor = index + 1, convolution = fusions_[index].convolution;
  if (blocks_[tensor] >= 0) return blocks_[tensor];
  if (convolution >= 0) {
    arena.retain(blocks_[convolution + 1]);
    return blocks_[convolution + 1];
  }
  if (groups_.home(tensor).group >= 0) return homeBlock(tensor);
  const int taken = takeOver(index);
  if (taken < 0) return acquire(tensor);
  arena.retain(taken);
  return taken;
}

// Whether a PReLU that a convolution does needs its input when its result is there.
bool Planner::keepsInput(int prelu) const { return prelu >= 0 && runsBackward(prelu); }

// The block of an input that nobody reads after this node and that the result can replace, or -1.
int Planner::takeOver(int index) {
  const Node& node = graph_.nodes()[index];
  if (!node.op->inPlace && !(node.op->inPlaceForward && !runsBackward(index))) return -1;
  for (const int input : node.inputs) {
    const bool isSlice = groups_.home(input).group >= 0;
    if (uses_[input] == 1 && !isSlice && shapes_[input] == shapes_[index + 1]) {
      return blocks_[input];
    }
  }
  return -1;
}

int Planner::homeBlock(int tensor) {
  if (homeBlocks_[tensor] < 0) makeGroup(groups_.home(tensor).group);
  return homeBlocks_[tensor];
}

// The memory of a group is there from the first member to the last one that is read.
void Planner::makeGroup(int group) {
  const ConcatGroup& shared = groups_.groups()[group];
  const int base = acquire(shared.tensor);
  for (size_t tensor = 1; tensor < shapes_.size(); tensor++) {
    const Home& home = groups_.home(static_cast<int>(tensor));
    if (home.group != group || fusions_[tensor - 1].convolution >= 0) continue;
    homeBlocks_[tensor] = acquireSlice(base, home.channel, shared.channels);
  }
  arena.release(base);
}

int Planner::acquireSlice(int block, int channel, int sliceOf) {
  const int slice = arena.acquireWithin(block, backend_.channelOffset(channel));
  slicesOf_[slice] = sliceOf;
  return slice;
}

int Planner::sliceOf(int block) const {
  const auto it = slicesOf_.find(block);
  return it == slicesOf_.end() ? 0 : it->second;
}

Place Planner::place(int tensor) const { return gradientPlace(tensor, blocks_[tensor]); }

Place Planner::gradientPlace(int tensor, int block) const {
  return {shapes_[tensor], block, sliceOf(block)};
}

bool Planner::takesSlices(int tensor) const {
  return tensor > 0 && graph_.nodes()[tensor - 1].op->takesSlices;
}

}  // namespace evensr
