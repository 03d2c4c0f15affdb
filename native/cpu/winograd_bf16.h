// The arithmetic of Winograd's convolution F(2x4, 3x3) with operands in bfloat16, by SIMD path;
// conv_winograd_bf16.cc runs it.
#pragma once

#include "cpu/winograd.h"

namespace evensr::cpu {

// 2x4 pixels of each, as in TilePlaces: null for a pixel that is not there, or for all that is not
// wanted.
struct Bf16Places {
  float* const* to;
  float* const* unactivated;
  const float* const* addend;
  const float* const* gate;
};

// As WinogradKernels, of tiles of two rows and four columns of results. Operands lie in 24 planes
// of pairs (cpu/product.h), `plane` pairs apart, results in 24 planes of floats.
struct Bf16WinogradKernels {
  // 4x6 pixels to a row of pairs of channels.
  void (*inputTile)(const float* const* pixels, const float* const* next, int channels,
                    Bf16Pair* out, size_t plane);
  // To 2x4 pixels; `plane` is in floats.
  void (*outputTile)(const float* domain, size_t plane, int channels, const TileEnd& end,
                     const Bf16Places& places);
  // Pairs [begin, end) of input channels to 24 planes of (in / 2, out).
  void (*transformWeights)(const WeightView& w, int begin, int end, Bf16Pair* out);
  // 4x6 pixels of two tiles to a row of pairs, a channel's in both.
  void (*inputTilePair)(const float* const* first, const float* const* second, int channels,
                        Bf16Pair* out, size_t plane);
  // The same from 2x4 pixels of the gradient of the result.
  void (*gradientTilePair)(const float* const* first, const float* const* second, int channels,
                           Bf16Pair* out, size_t plane);
  // The gradient of the weights, in the order of `w` (whose data is not read), times scale.
  void (*weightGradient)(const float* domain, const WeightView& w, int begin, int end, float scale,
                         float* out);
  PairProduct plain, transposed;
};

// The fastest kernels of this CPU. Channels are multiples of 16, which all vectors divide.
const Bf16WinogradKernels& bf16WinogradKernels();

}  // namespace evensr::cpu
