// What becomes of a convolution's sums on their way to memory.
#pragma once

#include <cuda_runtime.h>

#include "network_backend.h"

namespace evensr::cuda {

// Of an activation: its first value, and how far it is from pixel to pixel.
struct Pixels {
  float* data;
  int stride;
};

inline Pixels pixelsOf(const Activation& x) {
  return {static_cast<float*>(x.data), x.channelStride()};
}

// y = addend + scale x activated(sum + bias); see ConvolutionConfig.
struct Epilogue {
  const float *bias, *slopes;  // (O), or null
  float slope;                 // where there are no slopes: of every channel; 1 changes nothing
  float scale;
  Pixels addend, activated, unactivated;  // without data: not there

  __device__ __forceinline__ void store(size_t pixel, int channel, float sum) const {
    if (bias) sum += bias[channel];
    if (unactivated.data) unactivated.data[pixel * unactivated.stride + channel] = sum;
    const float negative = (slopes ? slopes[channel] : slope) * sum;
    const float value = scale * (sum > 0 ? sum : negative);
    const float before = addend.data ? addend.data[pixel * addend.stride + channel] : 0.0f;
    activated.data[pixel * activated.stride + channel] = addend.data ? before + value : value;
  }
};

inline Epilogue forwardEpilogue(const ConvolutionConfig& config, const ConvolutionWeights& weights,
                                const Activation& addend, const ConvolutionResult& y) {
  return {weights.bias,
          config.activationSlope ? nullptr : weights.slopes,
          config.activationSlope ? *config.activationSlope : 1.0f,
          config.outputScale,
          pixelsOf(addend),
          pixelsOf(y.activated),
          pixelsOf(y.unactivated)};
}

inline Epilogue backwardEpilogue(const ConvolutionConfig& config, const Activation& addend,
                                 const Activation& dx) {
  return {nullptr, nullptr, 1.0f, config.outputScale, pixelsOf(addend), pixelsOf(dx), {}};
}

}  // namespace evensr::cuda
