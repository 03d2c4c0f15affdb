// A perceptual distance of images: how far apart a network's features are, without learnt weights.
#pragma once

#include <memory>
#include <vector>

#include "network_backend.h"
#include "nn/graph.h"
#include "nn/plan_cache.h"

namespace evensr {

class FeatureDistance {
 public:
  // `features`: a network of RGB images whose results are compared; `weights` its parameters.
  // Throws E_NETWORK, E_SHAPE, E_MEMORY.
  FeatureDistance(const NetworkSpec& features, std::unique_ptr<NetworkBackend> backend,
                  const std::vector<float>& weights);

  // Between a and b, planar (B, 3, H, W) each, image by image: sum over the network's results of
  // the mean over pixels of unitDistance. Throws E_NETWORK when the network does not take these
  // sides, E_MEMORY.
  std::vector<double> measure(const Shape& shape, const float* a, const float* b);

 private:
  const Graph graph_;
  const std::unique_ptr<NetworkBackend> backend_;
  std::unique_ptr<DeviceMemory> weights_;
  PlanCache plans_;
};

}  // namespace evensr
