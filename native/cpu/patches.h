// Which pixels lie under which weights of a convolution.
#pragma once

#include <vector>

#include "network_backend.h"

namespace evensr {

// One tap of a kernel, and where its pixel lies relative to the first one of its result.
struct PatchTap {
  int index;  // of the kernel, row by row
  int dy, dx;
};

// A grid of results, each a sum over taps: pixel (y, x) of the grid takes, for every tap, the pixel
// (y step + dy, x step + dx) of `from`, 0 outside, and is pixel (firstY + y toStep, firstX + x
// toStep) of `to`.
struct PatchGrid {
  Shape from;
  int height = 0, width = 0;
  int step = 1, toStep = 1, firstY = 0, firstX = 0;
  std::vector<PatchTap> taps;
  size_t count() const { return static_cast<size_t>(from.n) * height * width; }
  int depth() const { return static_cast<int>(taps.size()) * from.c; }
};

// The results of a convolution: one grid of all taps.
PatchGrid resultGrid(const ConvolutionConfig& config);

// The gradients of its input by the remainder of their position by the stride, since pixels of one
// remainder lie under the same taps.
std::vector<PatchGrid> gradientGrids(const ConvolutionConfig& config);

// Patches [first, last) of the grid, one after the other: taps outside, channels inside.
void gatherPatches(const PatchGrid& grid, const Activation& from, size_t first, size_t last,
                   float* patches);

// Where result `index` of the grid lies in an activation of this shape, in pixels.
size_t targetPixel(const PatchGrid& grid, const Shape& to, size_t index);

}  // namespace evensr
