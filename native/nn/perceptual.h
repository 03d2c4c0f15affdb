// The perceptual loss: weighted L1 distances between the features of two batches of images (Johnson
// et al. 2016; before the activations, as ESRGAN, Wang et al. 2018).
#pragma once

#include <memory>
#include <vector>

#include "network_backend.h"
#include "nn/graph.h"
#include "nn/plan_cache.h"

namespace evensr {

class PerceptualLoss {
 public:
  // `features`: a network whose results are the layers to compare, never trained; `weights` its
  // parameters, `layerWeights` one a result. `backend` must live longer; in `workspace` lies all
  // but the features of gt. Throws E_NETWORK, E_SHAPE.
  PerceptualLoss(const NetworkSpec& features, NetworkBackend& backend,
                 const std::vector<float>& weights, const std::vector<double>& layerWeights,
                 std::shared_ptr<Workspace> workspace);

  // losses (B): sum over layers of layerWeight x mean |f(sr) - f(gt)|. gt (B, C, H, W) planar in
  // host memory. Returns the gradient of mean over B of sampleWeight x loss with respect to sr,
  // valid until something else uses the workspace. Throws E_NETWORK, E_MEMORY.
  const Activation& evaluate(const Activation& sr, const float* gt, const double* sampleWeights,
                             std::vector<double>& losses);

  // Of gt, and of sr.
  PlanCache& targets() { return targets_; }
  PlanCache& plans() { return plans_; }
  void watch(Profile* profile) { profile_ = profile; }

 private:
  Plan& plan(PlanCache& plans, const Shape& shape, const PlanOptions& options);

  const Graph graph_;
  NetworkBackend& backend_;
  const std::vector<double> layerWeights_;
  std::unique_ptr<DeviceMemory> weights_;
  PlanCache targets_, plans_;
  Profile* profile_ = nullptr;
};

}  // namespace evensr
