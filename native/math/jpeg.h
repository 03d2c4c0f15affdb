// JPEG in floating point, as DiffJPEG of Real-ESRGAN does it: real-valued quality and steps, no
// rounding but that of the coefficients.
//
// Colour values are 8-bit levels as floats (0 .. 255); chroma is centred at 0 instead of 128.
#pragma once

#include "math/host_device.h"
#include "math/jpeg_tables.h"
#include "math/pixel.h"

namespace evensr {

struct Ycc {
  float y, cb, cr;
};

struct Rgb {
  float r, g, b;
};

// JFIF 1.02, section 7, without its offset of 128.
EVENSR_HD Ycc yccOfRgb(float r, float g, float b) {
  return {0.299f * r + 0.587f * g + 0.114f * b, -0.168736f * r - 0.331264f * g + 0.5f * b,
          0.5f * r - 0.418688f * g - 0.081312f * b};
}

EVENSR_HD Rgb rgbOfYcc(float y, float cb, float cr) {
  return {y + 1.402f * cr, y - 0.344136f * cb - 0.714136f * cr, y + 1.772f * cb};
}

// Between pixels in [0, 1], clamped to that on both ways, and levels.
EVENSR_HD Ycc yccOfPixel(float r, float g, float b) {
  return yccOfRgb(clamp01(r) * 255.0f, clamp01(g) * 255.0f, clamp01(b) * 255.0f);
}

EVENSR_HD Rgb pixelOfYcc(float y, float cb, float cr) {
  const Rgb rgb = rgbOfYcc(y, cb, cr);
  return {clamp01(rgb.r / 255.0f), clamp01(rgb.g / 255.0f), clamp01(rgb.b / 255.0f)};
}

// Factor of the quantisation tables for a quality in (0, 100]; 0 at 100, where nothing is
// quantised. libjpeg's formula (jpeg_quality_scaling), in real numbers.
EVENSR_HD float diffJpegFactor(float quality) {
  return (quality < 50.0f ? 5000.0f / quality : 200.0f - quality * 2.0f) / 100.0f;
}

// Steps of the 64 coefficients, index 8 * vertical + horizontal frequency. The luminance table is
// transposed, as in the reference: its rows meet horizontal frequencies. `Table` is kLuminanceTable
// or kChrominanceTable (symmetric, so that its transposition shows nowhere).
inline void diffJpegSteps(const unsigned char (&table)[64], float factor, float (&steps)[64]) {
  for (int v = 0; v < 8; v++) {
    for (int h = 0; h < 8; h++) steps[8 * v + h] = static_cast<float>(table[8 * h + v]) * factor;
  }
}

// A coefficient rounded to a multiple of its step. `T` here and below is float, or a vector of the
// numbers of several blocks.
template <class T>
EVENSR_HD T quantize(T coefficient, float step) {
  return roundHalfEven(coefficient / step) * step;
}

// cos(n pi / 16) / 2
constexpr float kCos1 = 0.49039264020161522f, kCos2 = 0.46193976625564337f,
                kCos3 = 0.41573480615127262f, kCos4 = 0.35355339059327376f,
                kCos5 = 0.27778511650980111f, kCos6 = 0.19134171618254489f,
                kCos7 = 0.09754516100806413f;

// Orthonormal DCT-II of 8 numbers in place; even and odd halves apart, which halves the products.
template <class T>
EVENSR_HD void forwardDct8(T (&x)[8]) {
  const T s0 = x[0] + x[7], s1 = x[1] + x[6], s2 = x[2] + x[5], s3 = x[3] + x[4];
  const T d0 = x[0] - x[7], d1 = x[1] - x[6], d2 = x[2] - x[5], d3 = x[3] - x[4];
  const T e0 = s0 + s3, e1 = s1 + s2, e2 = s0 - s3, e3 = s1 - s2;
  x[0] = (e0 + e1) * kCos4;
  x[1] = d0 * kCos1 + d1 * kCos3 + d2 * kCos5 + d3 * kCos7;
  x[2] = e2 * kCos2 + e3 * kCos6;
  x[3] = d0 * kCos3 - d1 * kCos7 - d2 * kCos1 - d3 * kCos5;
  x[4] = (e0 - e1) * kCos4;
  x[5] = d0 * kCos5 - d1 * kCos1 + d2 * kCos7 + d3 * kCos3;
  x[6] = e2 * kCos6 - e3 * kCos2;
  x[7] = d0 * kCos7 - d1 * kCos5 + d2 * kCos3 - d3 * kCos1;
}

// The transpose, which is the inverse.
template <class T>
EVENSR_HD void inverseDct8(T (&x)[8]) {
  const T e0 = (x[0] + x[4]) * kCos4, e1 = (x[0] - x[4]) * kCos4;
  const T e2 = x[2] * kCos2 + x[6] * kCos6, e3 = x[2] * kCos6 - x[6] * kCos2;
  const T s0 = e0 + e2, s1 = e1 + e3, s2 = e1 - e3, s3 = e0 - e2;
  const T d0 = x[1] * kCos1 + x[3] * kCos3 + x[5] * kCos5 + x[7] * kCos7;
  const T d1 = x[1] * kCos3 - x[3] * kCos7 - x[5] * kCos1 - x[7] * kCos5;
  const T d2 = x[1] * kCos5 - x[3] * kCos1 + x[5] * kCos7 + x[7] * kCos3;
  const T d3 = x[1] * kCos7 - x[3] * kCos5 + x[5] * kCos3 - x[7] * kCos1;
  x[0] = s0 + d0, x[7] = s0 - d0;
  x[1] = s1 + d1, x[6] = s1 - d1;
  x[2] = s2 + d2, x[5] = s2 - d2;
  x[3] = s3 + d3, x[4] = s3 - d3;
}

}  // namespace evensr
