// Convolutions of any kernel, stride and number of channels as products of matrices: a row of the
// first one is the patch of input under one result, a column of the second the weights of a
// channel.
//
// For what Winograd's algorithm does not cover: first and last layers of few channels, kernels 4x4
// with stride 2 of discriminators, 1x1. Results do not depend on the number of threads.
#pragma once

#include <memory>
#include <vector>

#include "network_backend.h"
#include "tensor.h"

namespace evensr {

// What all convolutions of a backend share.
struct PatchContext {
  explicit PatchContext(int threads) : threads(threads) {}
  const int threads;
  FloatArray pieces;  // a piece of patches and results for each thread
  FloatArray shared;  // patches and gradients that all threads read
  FloatArray sums;    // the gradient of the weights before it is put in order
  std::vector<float> biasSums;
};

// Throws std::bad_alloc. `context` must live longer than the result.
std::unique_ptr<Convolution> patchConvolution(PatchContext& context,
                                              const ConvolutionConfig& config);

}  // namespace evensr
