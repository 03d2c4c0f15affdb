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

// A square of pixels: the first one, and how far it is to the next ones, in floats. Only those of
// rows [top, bottom) and columns [left, right) are there; the others are 0, and not written.
struct TileView {
  float* first = nullptr;
  ptrdiff_t down = 0, across = 0;
  int top = 0, left = 0, bottom = 0, right = 0;
};

// What becomes of the 16 results of a tile: result + bias, activated, times scale plus the addend,
// times the derivative of an activation.
struct TileEnd {
  const float* bias = nullptr;    // a value a channel, as all that follow
  const float* slopes = nullptr;  // of x > 0 ? x : slope x; null: not activated
  float scale = 1;
  const float* gateSlopes = nullptr;  // of the activation whose input is places.gate
  float* slopeSums = nullptr;         // to which the gradient of these slopes is added
};

// Where it goes, and what it is made with; nothing where `first` is null.
struct TilePlaces {
  TileView to, unactivated, addend, gate;
};

// Tiles and weights in the domain of the products: 36 planes, `plane` floats apart, of which a tile
// or a channel has a row. Channels are multiples of the lanes.
struct WinogradKernels {
  // 6x6 pixels; those of the tile on the right are fetched meanwhile.
  void (*inputTile)(const TileView& pixels, int channels, float* out, size_t plane);
  // 4x4 pixels of the gradient of the result; those of the tile on the right are fetched meanwhile.
  // What they add up to is added to `sums`, a value a channel.
  void (*gradientTile)(const TileView& pixels, int channels, float* out, size_t plane, float* sums);
  // To 4x4 pixels.
  void (*outputTile)(const float* domain, size_t plane, int channels, const TileEnd& end,
                     const TilePlaces& places);
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
