// Scores of a network's output against gt.
#pragma once

#include <cstddef>

namespace evensr {

// PSNR in dB of sr against gt, both planar RGB (3, h, w), on the luma of BT.601 in studio range,
// after clamping to [0, 1] and rounding to 8 bits (ties to even), with `border` pixels cut off on
// every side. Infinite when equal.
double psnrY(const float* sr, const float* gt, int height, int width, int border);

// Whether all values are finite.
bool allFinite(const float* values, size_t count);

}  // namespace evensr
