// Convolutions 3x3 with padding 1 by Winograd's F(4x4, 3x3): a quarter of the multiplications of a
// direct one, at an error of about 1e-6 of the result (2-norm, as direct float32 sums have).
//
// The transformed weights are made anew in every call, which costs a few per cent of it, instead of
// kept at four times the weights' size.
#pragma once

#include <memory>

#include "cpu/conv_tiled.h"
#include "network_backend.h"
#include "tensor.h"

namespace evensr {

// What all convolutions of a backend share: memory for the domain of the products.
struct WinogradContext : TiledContext {
  using TiledContext::TiledContext;
  FloatArray weights;    // 36 planes of the largest layer's weights or their gradient
  FloatArray tiles;      // a piece for each thread
  FloatArray gradients;  // tiles of one piece of the batch, shared
};

// Null when the convolution is another one than 3x3 with padding 1, or its channels fit no vectors
// of this CPU. Throws std::bad_alloc. `context` must live longer than the result.
std::unique_ptr<Convolution> winogradConvolution(WinogradContext& context,
                                                 const ConvolutionConfig& config);

}  // namespace evensr
