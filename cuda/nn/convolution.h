// Convolutions of one device. Activations are float32, NHWC, possibly slices.
#pragma once

#include <memory>

#include "network_backend.h"
#include "runtime.h"

namespace evensr::cuda {

// What the convolutions of a backend share; they run one after the other.
struct ConvolutionContext {
  explicit ConvolutionContext(const Stream& stream) : stream(stream) {}
  const Stream& stream;
  DeviceBuffer partials;  // sums of parts of the pixels
};

inline float* floats(const Activation& x) { return static_cast<float*>(x.data); }

// With bfloat16, 3 x 3 convolutions of stride 1 and padding 1 multiply on tensor cores; all others,
// and all with float32, in float32. Throws E_MEMORY.
std::unique_ptr<Convolution> makeConvolution(ConvolutionContext& context,
                                             const ConvolutionConfig& config, Precision precision);

// In float32, of any size and stride.
std::unique_ptr<Convolution> plainConvolution(ConvolutionContext& context,
                                              const ConvolutionConfig& config);
// 3 x 3, stride 1, padding 1: factors rounded to bfloat16, sums in float32.
std::unique_ptr<Convolution> tensorConvolution(ConvolutionContext& context,
                                               const ConvolutionConfig& config);

}  // namespace evensr::cuda
