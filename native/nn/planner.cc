#include "nn/planner.h"

namespace evensr {

Planner::Planner(const Graph& graph, const NetworkBackend& backend, const Shape& inputShape,
                 const PlanOptions& options)
    : graph_(graph), backend_(backend), options_(options), shapes_(graph.shapes(inputShape)) {
  const int nodes = static_cast<int>(graph_.nodes().size());
  convolutions.resize(nodes);
  blocks_.assign(nodes + 1, -1);
  gradients_.assign(nodes + 1, -1);
  findDependencies();
  countUses();

  blocks_[0] = acquire(0);
  input = place(0);
  for (int node = 0; node < nodes; node++) planForward(node);
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
  PlannedStep step;
  step.node = index;
  for (const int input : node.inputs) step.in.push_back(place(input));
  const int taken = takeOver(index, shapes_[tensor]);
  if (taken >= 0) arena.retain(taken);
  blocks_[tensor] = taken >= 0 ? taken : acquire(tensor);
  step.out = place(tensor);
  if (node.op->convolution) {
    ConvolutionConfig config = node.op->convolution(node.info, step.in[0].shape);
    config.weightGradient = runsBackward(index) && options_.parameterGradients;
    config.inputGradient = runsBackward(index) && needsGradient_[node.inputs[0]];
    convolutions[index] = config;
  }
  if (!(taken >= 0 && fuse(index, taken))) forward.push_back(step);
  for (const int input : node.inputs) use(input);
}

// The block of an input that nobody reads after this node and that the result can replace, or -1.
int Planner::takeOver(int index, const Shape& result) {
  const Node& node = graph_.nodes()[index];
  if (!node.op->inPlace && !(node.op->inPlaceForward && !runsBackward(index))) return -1;
  for (const int input : node.inputs) {
    if (uses_[input] == 1 && shapes_[input] == result) return blocks_[input];
  }
  return -1;
}

// Lets the convolution that made the input apply the activation, instead of a step of its own.
bool Planner::fuse(int index, int block) {
  const Node& node = graph_.nodes()[index];
  const int maker = node.inputs[0] - 1;
  if (!node.op->fusableSlope || maker < 0 || !convolutions[maker] || blocks_[maker + 1] != block ||
      convolutions[maker]->activationSlope) {
    return false;
  }
  convolutions[maker]->activationSlope = node.op->fusableSlope(node.info);
  return true;
}

void Planner::planBackward(int index) {
  const Node& node = graph_.nodes()[index];
  const int tensor = index + 1;
  const int dOut = gradients_[tensor];
  const size_t inputs = node.inputs.size();
  std::vector<int> contributions(inputs, -1);
  const auto passes = [&](size_t i) {
    return node.op->passesGradient && node.op->passesGradient(node.info, static_cast<int>(i));
  };
  // Passed gradients first: they hold on to dOut, so that no other input overwrites it.
  for (size_t i = 0; i < inputs; i++) {
    if (!needsGradient_[node.inputs[i]] || !passes(i)) continue;
    arena.retain(contributions[i] = dOut);
  }
  PlannedStep step;
  step.node = index;
  step.dOut = {shapes_[tensor], dOut};
  bool anything = options_.parameterGradients && !node.parameters.empty();
  for (size_t i = 0; i < inputs; i++) {
    const int input = node.inputs[i];
    step.in.push_back(place(input));
    step.dIn.push_back({shapes_[input], -1});
    if (!needsGradient_[input] || passes(i)) continue;
    const bool reuse = node.op->inPlace && arena.references(dOut) == 1;
    if (reuse) arena.retain(dOut);
    contributions[i] = step.dIn[i].block = reuse ? dOut : acquire(input);
    anything = true;
  }
  step.out = place(tensor);
  if (anything) backward.push_back(step);
  for (const int input : node.inputs) {
    if (backwardReadsInput(index)) use(input);
  }
  if (node.op->backwardReadsOutput) use(tensor);
  arena.release(dOut);
  gradients_[tensor] = -1;
  for (size_t i = 0; i < inputs; i++) {
    if (contributions[i] >= 0) addGradient(node.inputs[i], contributions[i]);
  }
}

// Takes over one reference to `block`. A gradient that others still read is never written to.
void Planner::addGradient(int tensor, int block) {
  const int existing = gradients_[tensor];
  gradients_[tensor] = block;
  if (existing < 0) return;
  PlannedStep sum;
  const Shape& shape = shapes_[tensor];
  sum.in = {{shape, block}, {shape, existing}};
  int result = block;
  if (arena.references(block) > 1) {
    result = acquire(tensor);
    arena.release(block);
  }
  sum.out = {shape, result};
  backward.push_back(sum);
  arena.release(existing);
  gradients_[tensor] = result;
}

}  // namespace evensr
