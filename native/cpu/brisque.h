// The features of BRISQUE (Mittal, Moorthy, Bovik 2012, "No-reference image quality assessment in
// the spatial domain") as OpenCV 4.6 computes them.
#pragma once

#include <array>
#include <cstdint>

namespace evensr {

constexpr int kBrisqueFeatures = 36;
// Half of it still holds the 7 pixels of the blur.
constexpr int kBrisqueSide = 16;

// Of an image height x width RGB, HWC, with `border` pixels cut off on every side. NaN where a fit
// has nothing to fit to, as on a uniform image. Throws E_SHAPE when a side is below kBrisqueSide.
//
// The fits look at signs, so where an image is flat float rounding decides. Everything is therefore
// computed in float32 in OpenCV's order; what its vector code rounds otherwise is left.
std::array<double, kBrisqueFeatures> brisqueFeatures(const uint8_t* image, int height, int width,
                                                     int border);

}  // namespace evensr
