#include "nn/perceptual.h"

#include <utility>

#include "error.h"

namespace evensr {

PerceptualLoss::PerceptualLoss(const NetworkSpec& features, NetworkBackend& backend,
                               const std::vector<float>& weights,
                               const std::vector<double>& layerWeights,
                               std::shared_ptr<Workspace> workspace)
    : graph_(features),
      backend_(backend),
      layerWeights_(layerWeights),
      targets_(graph_, backend),
      plans_(graph_, backend, std::move(workspace)) {
  if (weights.size() != graph_.parameterCount()) {
    throw CodedError("E_SHAPE", "the feature network has " +
                                    std::to_string(graph_.parameterCount()) + " parameters, not " +
                                    std::to_string(weights.size()));
  }
  if (layerWeights.size() != graph_.outputTensors().size()) {
    throw CodedError("E_SHAPE", std::to_string(layerWeights.size()) + " weights for " +
                                    std::to_string(graph_.outputTensors().size()) + " layers");
  }
  weights_ = backend.allocate(weights.size() * sizeof(float));
  backend.upload(weights.data(), static_cast<float*>(weights_->data()), weights.size());
}

Plan& PerceptualLoss::plan(PlanCache& plans, const Shape& shape, const PlanOptions& options) {
  Plan& run = plans.get(shape, options, {static_cast<const float*>(weights_->data()), nullptr, 1});
  run.watch(profile_);
  return run;
}

const Activation& PerceptualLoss::evaluate(const Activation& sr, const float* gt,
                                           const double* sampleWeights,
                                           std::vector<double>& losses) {
  Plan& target = plan(targets_, sr.shape, {});
  backend_.fromPlanar(gt, target.input());
  target.forward();
  Plan& run = plan(plans_, sr.shape, kJudgingPass);
  backend_.scale(sr, 1, run.input());
  run.forward();
  losses.assign(sr.shape.n, 0);
  for (size_t i = 0; i < layerWeights_.size(); i++) {
    const Stopwatch watch(profile_, "loss");
    backend_.distance({LossType::l1, 0, run.outputs()[i], target.outputs()[i], layerWeights_[i],
                       sampleWeights, losses.data(), run.outputGradients()[i]});
  }
  run.backward();
  return run.inputGradient();
}

}  // namespace evensr
