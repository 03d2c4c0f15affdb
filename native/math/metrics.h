// Formulas of the image scores and of the bicubic resize that the field's benchmarks use.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "math/resize_matlab.h"
#include "math/special.h"

namespace evensr {

// Luma of ITU-R BT.601 in studio range, from 8-bit R'G'B': 16..235, not rounded.
inline double lumaStudio(double r, double g, double b) {
  return (65.481 * r + 128.553 * g + 24.966 * b) / 255.0 + 16.0;
}

// 10 log10(255^2 / MSE) in dB; infinite for equal images.
inline double psnrOf(double meanSquaredError) {
  constexpr double decibels = 4.34294481903251827651;  // 10 / ln 10
  if (meanSquaredError == 0.0) return INFINITY;
  return decibels * portableLog(255.0 * 255.0 / meanSquaredError);
}

constexpr int kSsimTaps = 11;

// The window of SSIM: Gaussian, sigma 1.5, 11 taps, sum 1 (Wang et al. 2004, "Image quality
// assessment: from error visibility to structural similarity", section III.C).
inline std::array<double, kSsimTaps> ssimWindow() {
  std::array<double, kSsimTaps> window{};
  double sum = 0;
  for (int i = 0; i < kSsimTaps; i++) {
    const double d = i - kSsimTaps / 2;
    sum += window[i] = portableExp(-d * d / (2 * 1.5 * 1.5));
  }
  for (double& tap : window) tap /= sum;
  return window;
}

// SSIM from the windowed means of x, y, x^2, y^2 and x y (same paper, eq. 13; population moments,
// C1 = (0.01 * 255)^2, C2 = (0.03 * 255)^2).
inline double ssimOf(double x, double y, double xx, double yy, double xy) {
  constexpr double c1 = 6.5025, c2 = 58.5225;
  const double product = x * y, squares = x * x + y * y;
  return (2 * product + c1) * (2 * (xy - product) + c2) /
         ((squares + c1) * (xx + yy - squares + c2));
}

// Which inputs make one output of a resize along one axis. `index[k]` is already inside the image.
struct ResizeTaps {
  std::vector<int> index;
  std::vector<double> weight;
};

// Bicubic taps of output `position` (math/resize_matlab.h); those without weight are left out.
inline ResizeTaps bicubicTaps(int in, int out, int position, bool antialias) {
  const MatlabAxis axis = matlabAxis(in, out, 0, antialias);
  const int first = matlabFirst(axis, position);
  ResizeTaps taps;
  double sum = 0;
  for (int i = first; i < first + axis.taps; i++) {
    const double weight = matlabWeight(axis, position, i);
    if (weight == 0) continue;
    taps.index.push_back(mirrored(i, in));
    taps.weight.push_back(weight);
    sum += weight;
  }
  for (double& weight : taps.weight) weight /= sum;
  return taps;
}

}  // namespace evensr
