#include "nn/plan.h"

#include "nn/planner.h"
#include "tensor.h"

namespace evensr {
namespace {

void sumGradients(NetworkBackend& backend, const NodeCall& call) {
  if (call.in.size() == 1) return backend.scale(call.in[0], 1, call.out);
  backend.add(call.in[0], call.in[1], 1, call.out);
}

// The address of a plan that has no memory: none that memory could have, and not null, which is
// that of no activation.
constexpr uintptr_t kNowhere = kAlignment;

}  // namespace

Plan::Plan(const Graph& graph, NetworkBackend& backend, const Shape& input,
           const PlanOptions& options)
    : graph_(graph), backend_(backend), place_(kNowhere) {
  const Planner planner(graph, backend, input, options);
  bytes_ = planner.arena.size();
  for (const auto& config : planner.convolutions) {
    convolutions_.push_back(config ? backend.convolution(*config) : nullptr);
  }
  const auto bind = [&](const Place& place) {
    if (place.block < 0) return Activation{place.shape, nullptr, 0};
    const uintptr_t address = place_ + planner.arena.offset(place.block);
    return Activation{place.shape, reinterpret_cast<void*>(address), place.sliceOf};
  };
  const auto bindSteps = [&](const std::vector<PlannedStep>& planned, bool backward) {
    std::vector<Step> steps;
    for (const PlannedStep& from : planned) {
      Step to{sumGradients, from.node, -1, {}};
      for (const Place& place : from.in) to.call.in.push_back(bind(place));
      for (const Place& place : from.dIn) to.call.dIn.push_back(bind(place));
      to.call.out = bind(from.out);
      to.call.dOut = bind(from.dOut);
      to.call.addend = bind(from.addend);
      to.call.unactivated = bind(from.unactivated);
      to.call.gate.x = bind(from.gate);
      to.prelu = from.prelu;
      if (from.node >= 0) {
        const Node& node = graph.nodes()[from.node];
        to.run = backward ? node.op->backward : node.op->forward;
        to.call.info = &node.info;
        to.call.convolution = convolutions_[from.node].get();
      }
      steps.push_back(std::move(to));
    }
    return steps;
  };
  input_ = bind(planner.input);
  condition_ = bind(planner.condition);
  for (const Place& place : planner.outputs) outputs_.push_back(bind(place));
  for (const Place& place : planner.outputGradients) outputGradients_.push_back(bind(place));
  inputGradient_ = bind(planner.inputGradient);
  forward_ = bindSteps(planner.forward, false);
  backward_ = bindSteps(planner.backward, true);
}

template <class Visit>
void Plan::forEachActivation(const Visit& visit) {
  visit(input_);
  visit(condition_);
  visit(inputGradient_);
  for (Activation& output : outputs_) visit(output);
  for (Activation& gradient : outputGradients_) visit(gradient);
  for (auto* steps : {&forward_, &backward_}) {
    for (Step& step : *steps) {
      NodeCall& call = step.call;
      for (Activation& in : call.in) visit(in);
      for (Activation& dIn : call.dIn) visit(dIn);
      for (auto* one : {&call.out, &call.dOut, &call.addend, &call.unactivated, &call.gate.x})
        visit(*one);
    }
  }
}

void Plan::moveTo(void* memory) {
  const uintptr_t to = reinterpret_cast<uintptr_t>(memory);
  if (to == place_) return;
  forEachActivation([&](Activation& one) {
    if (!one.data) return;
    one.data = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(one.data) - place_ + to);
  });
  place_ = to;
}

void Plan::setWeights(const float* parameters, float* gradients) {
  const auto& ranges = graph_.ranges();
  const auto point = [&](Step& step) {
    if (step.node < 0) return;
    step.call.parameters.clear();
    step.call.dParameters.clear();
    for (const int parameter : graph_.nodes()[step.node].parameters) {
      step.call.parameters.push_back(parameters + ranges[parameter].offset);
      if (gradients) step.call.dParameters.push_back(gradients + ranges[parameter].offset);
    }
  };
  const auto slopesAt = [&](const Step& step) {
    return ranges[graph_.nodes()[step.prelu].parameters[0]].offset;
  };
  for (Step& step : forward_) {
    point(step);
    if (!step.call.convolution) continue;
    const auto& given = step.call.parameters;
    ConvolutionWeights weights{given[0], given.size() > 1 ? given[1] : nullptr, nullptr};
    if (step.prelu >= 0) weights.slopes = parameters + slopesAt(step);
    step.call.convolution->setWeights(weights);
  }
  for (Step& step : backward_) {
    point(step);
    if (step.prelu < 0) continue;
    step.call.gate.slopes = parameters + slopesAt(step);
    step.call.gate.dSlopes = gradients ? gradients + slopesAt(step) : nullptr;
  }
}

void Plan::run(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const Stopwatch watch(profile_, step.node < 0 ? "sum" : graph_.nodes()[step.node].op->name);
    step.run(backend_, step.call);
  }
}

}  // namespace evensr
