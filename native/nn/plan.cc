#include "nn/plan.h"

#include <new>

#include "error.h"
#include "nn/planner.h"

namespace evensr {
namespace {

void sumGradients(NetworkBackend& backend, const NodeCall& call) {
  if (call.in.size() == 1) return backend.scale(call.in[0], 1, call.out);
  backend.add(call.in[0], call.in[1], 1, call.out);
}

}  // namespace

Plan::Plan(const Graph& graph, NetworkBackend& backend, const Shape& input,
           const PlanOptions& options)
    : graph_(graph), backend_(backend) {
  const Planner planner(graph, backend, input, options);
  try {
    for (const auto& config : planner.convolutions) {
      convolutions_.push_back(config ? backend.convolution(*config) : nullptr);
    }
    memory_ = backend.allocate(planner.arena.size());
  } catch (const std::bad_alloc&) {
    throw CodedError("E_MEMORY", "a batch of " + std::to_string(input.n) + " images of " +
                                     std::to_string(input.h) + "x" + std::to_string(input.w) +
                                     " needs " + std::to_string(planner.arena.size() >> 20) +
                                     " MiB for its activations");
  }
  const auto bind = [&](const Place& place) {
    if (place.block < 0) return Activation{place.shape, nullptr, 0};
    return Activation{place.shape,
                      static_cast<char*>(memory_->data()) + planner.arena.offset(place.block),
                      place.sliceOf};
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
  for (const Place& place : planner.outputs) outputs_.push_back(bind(place));
  for (const Place& place : planner.outputGradients) outputGradients_.push_back(bind(place));
  inputGradient_ = bind(planner.inputGradient);
  forward_ = bindSteps(planner.forward, false);
  backward_ = bindSteps(planner.backward, true);
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
