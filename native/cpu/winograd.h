// The arithmetic of Winograd's convolution F(4x4, 3x3), by SIMD path; conv_winograd.cc runs it.
#pragma once

#include <cstddef>

#include "cpu/product.h"

namespace evensr::cpu {

// Weights (in, out, 3, 3) in whichever order they lie; strides in floats. `turned`: by half a turn,
// as the gradient of the input needs them.
struct WeightView {
  const float* data;
  int in, out;
  ptrdiff_t inStride, outStride;
  bool turned;
};

// What becomes of the 16 results of a tile: result + bias, activated, times scale plus the addend.
struct TileEnd {
  const float* bias = nullptr;  // a value a channel
  bool activate = false;        // x > 0 ? x : slope x
  float slope = 0;
  bool add = false;
  float scale = 1;  // only with add
};

// Tiles and weights in the domain of the products: 36 planes, `plane` floats apart, of which a tile
// or a channel has a row. Channels are multiples of the lanes; pixels are given by pointers, and
// null ones of a result are not written.
struct WinogradKernels {
  // 36 pixels; those of the tile that is next are fetched meanwhile.
  void (*inputTile)(const float* const* pixels, const float* const* next, int channels, float* out,
                    size_t plane);
  // 16 pixels of the gradient of the result.
  void (*gradientTile)(const float* const* pixels, const float* const* next, int channels,
                       float* out, size_t plane);
  void (*outputTile)(const float* domain, size_t plane, int channels, const TileEnd& end,
                     float* const* pixels, const float* const* addends);
  // Input channels [begin, end) to 36 planes of (in, out).
  void (*transformWeights)(const WeightView& w, int begin, int end, float* out);
  // The gradient of the weights, in the order of `w` (whose data is not read), times scale.
  void (*weightGradient)(const float* domain, const WeightView& w, int begin, int end, float scale,
                         float* out);
  ProductKernels products;
};

// The widest kernels of this CPU for these channels; null when no vector divides both.
const WinogradKernels* winogradKernels(int inChannels, int outChannels);

}  // namespace evensr::cpu
