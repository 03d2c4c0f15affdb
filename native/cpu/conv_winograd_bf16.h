// Convolutions 3x3 with padding 1 by Winograd's F(2x4, 3x3) with operands rounded to bfloat16 and
// sums in float32: a third of the multiplications of a direct one. Weights, activations and
// gradients are float32 on both sides.
//
// On white noise the 2-norm of the error is 5e-3 (after a ReLU) to 7e-3 of the result's, 2.5 to 3
// times that of a direct convolution with operands in bfloat16. Pixels that are like their
// neighbours err less, and activations are not rounded: real networks on photographs come as near
// to float32 as PyTorch's bfloat16 does.
#pragma once

#include <memory>

#include "cpu/conv_tiled.h"
#include "cpu/product.h"
#include "network_backend.h"
#include "tensor.h"

namespace evensr {

// What all convolutions of a backend share: memory for the domain of the products.
struct Bf16Context : TiledContext {
  using TiledContext::TiledContext;
  AlignedArray<cpu::Bf16Pair> weights;    // 24 planes of the largest layer's
  AlignedArray<cpu::Bf16Pair> tiles;      // a piece for each thread
  AlignedArray<cpu::Bf16Pair> tilePairs;  // of one piece of the batch, shared
  FloatArray results;                     // of the products: a piece for each thread
  FloatArray weightGradients;             // 24 planes, shared
  FloatArray zeros;                       // a pixel outside of the image
};

// Null when the convolution is another one than 3x3 with padding 1, when it has less than 32
// channels on either side, for which float32 is as fast, or no multiple of 16. Throws
// std::bad_alloc. `context` must live longer than the result.
std::unique_ptr<Convolution> bf16Convolution(Bf16Context& context, const ConvolutionConfig& config);

}  // namespace evensr
