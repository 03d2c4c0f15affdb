// PSNR, SSIM and bicubic resize of 8-bit images, in double precision.
#pragma once

#include <cstdint>
#include <vector>

#include "parallel.h"

namespace evensr {

struct ImageScores {
  double psnrY, psnrRgb, ssimY, ssimRgb;
};

// Scores of a against b, both height x width RGB, HWC, with `border` pixels cut off on every side.
// Throws E_SHAPE when less than the 11 x 11 window of SSIM is left. The result does not depend on
// the number of threads: rows are summed in bands of fixed height and the bands in order.
ImageScores scoreImages(const uint8_t* a, const uint8_t* b, int height, int width, int border,
                        const ThreadTeam& team);

struct ImageSize {
  int height, width;
};

// Bicubic resize of RGB, HWC (bicubicTaps in math/metrics.h): vertically, then horizontally,
// clamped and rounded (half to even) once at the end.
std::vector<uint8_t> resizeBicubic(const uint8_t* image, ImageSize from, ImageSize to,
                                   bool antialias, const ThreadTeam& team);

}  // namespace evensr
