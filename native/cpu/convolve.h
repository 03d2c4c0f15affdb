// Correlation of one plane with small kernels, the common part of blur and USM.
//
// Every sum starts at 0 and takes one fma a tap, in the order that is written.
#pragma once

#include "cpu/scratch.h"
#include "math/reflect.h"

namespace evensr::cpu {

// (height, width)
struct PlaneView {
  const float* data;
  int height;
  int width;
  const float* row(int y) const { return data + static_cast<size_t>(y) * width; }
};

// out(y, x) = sum over (ky, kx), both ascending, of taps(ky, kx) image(y + ky - r, x + kx - r) with
// r = size / 2 and reflected borders. size is odd, at most 51. Planes are (height, width). Taps
// that are exactly 0 are left out where that is cheaper, and so are all rows of `out` but every
// rowStep-th.
void correlate(PlaneView image, const float* taps, int size, float* out, Scratch& scratch,
               int rowStep);

// The same with the kernel column row^T: along the rows first, then down the columns.
void correlateSeparable(PlaneView image, const float* row, const float* column, int size,
                        float* out, Scratch& scratch, int rowStep);

}  // namespace evensr::cpu
