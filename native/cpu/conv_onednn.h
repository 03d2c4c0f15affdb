// Convolutions by oneDNN on NHWC activations.
//
// NHWC, because it needs no padding of channels (a network of 24 channels would pay for 32 in
// blocks of 16), both API versions run it at full speed, and rows of it are plain arrays to our own
// loops.
#pragma once

#include <dnnl.hpp>
#include <memory>

#include "network_backend.h"
#include "tensor.h"

namespace evensr {

// What all convolutions of a backend share.
struct OnednnContext {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  AlignedArray<char> scratchpad;  // as large as the largest primitive asks for
  // Where slices of channels are copied from and to, which oneDNN's fast kernels do not take.
  FloatArray copy, otherCopy, result;
};

// Throws std::bad_alloc, or CodedError E_ONEDNN when the library cannot do it. `context` must live
// longer than the result.
std::unique_ptr<Convolution> onednnConvolution(OnednnContext& context,
                                               const ConvolutionConfig& config);

}  // namespace evensr
