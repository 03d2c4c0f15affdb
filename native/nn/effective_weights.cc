#include "nn/effective_weights.h"

namespace evensr {

EffectiveWeights::EffectiveWeights(const Graph& graph, NetworkBackend& backend)
    : graph_(graph), backend_(backend) {
  if (graph.bufferCount() == 0) return;
  normalized_ = backend.allocate(graph.parameterCount() * sizeof(float));
  buffers_ = backend.allocate(graph.bufferCount() * sizeof(float));
  sigmas_ = backend.allocate(graph.parameters().size() * sizeof(float));
}

// A parameter as a matrix in a block of parameters or of their gradients.
SpectralWeight EffectiveWeights::weightOf(size_t index, float* block) {
  const ParameterSpec& parameter = graph_.parameters()[index];
  const TensorRange& range = graph_.ranges()[index];
  const TensorRange& u = graph_.bufferRanges()[parameter.spectralBuffers];
  const TensorRange& v = graph_.bufferRanges()[parameter.spectralBuffers + 1];
  return {block + range.offset, u.count, v.count, buffers() + u.offset, buffers() + v.offset};
}

const float* EffectiveWeights::update(const float* parameters, bool training) {
  if (!areNeeded()) return parameters;
  float* const block = static_cast<float*>(normalized_->data());
  for (size_t i = 0; i < graph_.parameters().size(); i++) {
    const TensorRange& range = graph_.ranges()[i];
    backend_.copy(parameters + range.offset, block + range.offset, range.count);
    if (graph_.parameters()[i].spectralBuffers < 0) continue;
    backend_.spectralNorm(weightOf(i, block), training, sigmaOf(i));
  }
  return block;
}

void EffectiveWeights::backward(float* gradient) {
  if (!areNeeded()) return;
  const float* const block = static_cast<float*>(normalized_->data());
  for (size_t i = 0; i < graph_.parameters().size(); i++) {
    if (graph_.parameters()[i].spectralBuffers < 0) continue;
    backend_.spectralNormBackward(block + graph_.ranges()[i].offset, sigmaOf(i),
                                  weightOf(i, gradient));
  }
}

}  // namespace evensr
