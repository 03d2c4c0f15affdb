#include <algorithm>

#include "nn/planner.h"

namespace evensr {
namespace {

constexpr int kNone = -1;
// The gradient of a concatenation has been added to those of its inputs already.
constexpr int kAdded = -2;

}  // namespace

void Planner::planBackward(int index) {
  const Node& node = graph_.nodes()[index];
  const int tensor = index + 1;
  const int dOut = gradients_[tensor];
  const auto leave = [&] {
    for (const int input : node.inputs) {
      if (backwardReadsInput(index)) use(input);
    }
    if (node.op->backwardReadsOutput) use(tensor);
  };
  if (dOut == kAdded || shareGradient(index) || passGated(index)) return leave();

  const size_t inputs = node.inputs.size();
  std::vector<int> contributions(inputs, kNone);
  const auto passes = [&](size_t i) {
    const Fusion& fusion = fusions_[index];
    const bool isFused = fusion.addend >= 0 && node.inputs[i] == fusion.convolution + 1;
    return isFused ||
           (node.op->passesGradient && node.op->passesGradient(node.info, static_cast<int>(i)));
  };
  // Passed gradients first: they hold on to dOut, so that no other input overwrites it.
  for (size_t i = 0; i < inputs; i++) {
    if (needsGradient_[node.inputs[i]] && passes(i)) contributions[i] = pass(node.inputs[i], dOut);
  }
  PlannedStep step;
  step.node = index;
  step.dOut = gradientPlace(tensor, dOut);
  bool anything = options_.parameterGradients && !node.parameters.empty();
  for (size_t i = 0; i < inputs; i++) {
    const int input = node.inputs[i];
    step.in.push_back(place(input));
    step.dIn.push_back({shapes_[input], kNone, 0});
    if (!needsGradient_[input] || passes(i)) continue;
    anything = true;
    if (node.op->addsGradient && (addToPrefix(step, input) || addToExisting(step, input))) continue;
    const bool reuse = node.op->inPlace && shapes_[input] == shapes_[tensor] &&
                       arena.references(dOut) == 1 && (!sliceOf(dOut) || takesSlices(input));
    if (reuse) arena.retain(dOut);
    contributions[i] = reuse ? dOut : acquire(input);
    step.dIn[i] = gradientPlace(input, contributions[i]);
    if (fusions_[index].gate >= 0) addGate(step, fusions_[index].gate);
  }
  step.out = place(tensor);
  if (anything) backward.push_back(step);
  leave();
  arena.release(dOut);
  gradients_[tensor] = kNone;
  for (size_t i = 0; i < inputs; i++) {
    if (contributions[i] >= 0) addGradient(node.inputs[i], contributions[i]);
  }
}

// The gradient of a concatenation whose inputs share its memory: slices of it become theirs.
bool Planner::shareGradient(int index) {
  const int tensor = index + 1, group = groups_.home(tensor).group;
  if (group < 0 || groups_.groups()[group].tensor != tensor) return false;
  const int dOut = gradients_[tensor];
  if (arena.references(dOut) > 1) return false;  // somebody else reads it
  const int whole = sliceOf(dOut) ? sliceOf(dOut) : shapes_[tensor].c;
  for (const int member : groups_.groups()[group].members) {
    if (!needsGradient_[member]) continue;
    shares_[member] = acquireSlice(dOut, groups_.home(member).channel, whole);
    addGradient(member, shares_[member]);
  }
  arena.release(dOut);
  gradients_[tensor] = kNone;
  return true;
}

// Lets a convolution take the gradient of its input, a PReLU's result, through the PReLU.
void Planner::addGate(PlannedStep& step, int prelu) {
  step.gate = place(graph_.nodes()[prelu].inputs[0]);
  step.prelu = prelu;
  gated_[prelu + 1] = 1;
}

// A PReLU whose work the convolution after it has done.
bool Planner::passGated(int index) {
  const int tensor = index + 1, gradient = gradients_[tensor];
  if (!gated_[tensor]) return false;
  gradients_[tensor] = kNone;
  const int input = graph_.nodes()[index].inputs[0];
  if (needsGradient_[input]) {
    addGradient(input, gradient);
  } else {
    arena.release(gradient);
  }
  return true;
}

// Whether the inputs of a concatenation, which are first in a group, have their gradients in their
// slices of the group's. There they stay until their own turn.
bool Planner::isMade(int prefix) const {
  const auto& members = graph_.nodes()[prefix - 1].inputs;
  return std::all_of(members.begin(), members.end(),
                     [&](int member) { return shares_[member] >= 0; });
}

// Adds to the gradients of a concatenation's inputs at once, where these lie side by side.
bool Planner::addToPrefix(PlannedStep& step, int tensor) {
  const int group = groups_.home(tensor).group;
  if (group < 0 || tensor == 0 || !graph_.nodes()[tensor - 1].op->concatenates) return false;
  if (groups_.groups()[group].tensor == tensor || gradients_[tensor] >= 0 || !isMade(tensor)) {
    return false;
  }
  const int first = shares_[graph_.nodes()[tensor - 1].inputs[0]];
  step.dIn[0] = step.addend = {shapes_[tensor], first, sliceOf(first)};
  gradients_[tensor] = kAdded;
  return true;
}

// Adds to the gradient that is there, or makes the sum of both where that one is read elsewhere.
bool Planner::addToExisting(PlannedStep& step, int tensor) {
  const int existing = gradients_[tensor];
  if (existing < 0) return false;
  step.addend = gradientPlace(tensor, existing);
  if (arena.references(existing) > 1) {
    gradients_[tensor] = acquire(tensor);
    arena.release(existing);
  }
  step.dIn[0] = gradientPlace(tensor, gradients_[tensor]);
  return true;
}

// The gradient of a node as that of an input; a copy where the input's maker takes no slice.
int Planner::pass(int tensor, int gradient) {
  if (!sliceOf(gradient) || takesSlices(tensor)) {
    arena.retain(gradient);
    return gradient;
  }
  PlannedStep copy;
  const int result = acquire(tensor);
  copy.in = {gradientPlace(tensor, gradient)};
  copy.out = gradientPlace(tensor, result);
  backward.push_back(copy);
  return result;
}

// Takes over one reference to `block`. A gradient that others still read is never written to.
void Planner::addGradient(int tensor, int block) {
  const int existing = gradients_[tensor];
  gradients_[tensor] = block;
  if (existing < 0) return;
  PlannedStep sum;
  sum.in = {gradientPlace(tensor, block), gradientPlace(tensor, existing)};
  const auto isFree = [&](int candidate) { return arena.references(candidate) == 1; };
  int result = kNone;
  if (existing == shares_[tensor] && isFree(existing)) {
    result = existing;
  } else if (isFree(block)) {
    result = block;
  } else if (isFree(existing)) {
    result = existing;
  } else {
    result = acquire(tensor);
  }
  sum.out = gradientPlace(tensor, result);
  backward.push_back(sum);
  for (const int read : {block, existing}) {
    if (read != result) arena.release(read);
  }
  gradients_[tensor] = result;
}

}  // namespace evensr
