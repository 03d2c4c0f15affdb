// The weights that a network computes with: its parameters, some of them spectrally normalised.
#pragma once

#include <memory>

#include "network_backend.h"
#include "nn/graph.h"

namespace evensr {

// A spectrally normalised parameter W, seen as a matrix of one row an output channel, is divided by
// sigma = u^T W v, an estimate of its largest singular value (Miyato et al. 2018, "Spectral
// normalization for generative adversarial networks", algorithm 1). u and v are the network's
// buffers: they are no parameters, but belong to its state.
class EffectiveWeights {
 public:
  // Buffers are not initialised. Throws std::bad_alloc.
  EffectiveWeights(const Graph& graph, NetworkBackend& backend);

  // Whether any parameter is normalised; if not, update() and backward() do nothing.
  bool areNeeded() const { return normalized_ != nullptr; }

  // The weights to compute with, in the parameters' layout, valid until the next call. `training`
  // moves u and v one power iteration on first, as every forward pass of a training network does.
  const float* update(const float* parameters, bool training);

  // From the gradient of the weights of the last update() to that of the parameters, in place. u
  // and v count as constants.
  void backward(float* gradient);

  // All buffers in one device block, laid out as graph.bufferRanges().
  float* buffers() { return static_cast<float*>(buffers_->data()); }

 private:
  SpectralWeight weightOf(size_t index, float* block);
  float* sigmaOf(size_t index) { return static_cast<float*>(sigmas_->data()) + index; }

  const Graph& graph_;
  NetworkBackend& backend_;
  std::unique_ptr<DeviceMemory> normalized_, buffers_, sigmas_;
};

}  // namespace evensr
