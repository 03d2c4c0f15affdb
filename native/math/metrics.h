// Formulas of the image scores and of the bicubic resize that the field's benchmarks use.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace evensr {

// Luma of ITU-R BT.601 in studio range, from 8-bit R'G'B': 16..235, not rounded.
inline double lumaStudio(double r, double g, double b) {
  return (65.481 * r + 128.553 * g + 24.966 * b) / 255.0 + 16.0;
}

// 10 log10(255^2 / MSE) in dB; infinite for equal images.
inline double psnrOf(double meanSquaredError) {
  return meanSquaredError == 0.0 ? INFINITY : 10.0 * std::log10(255.0 * 255.0 / meanSquaredError);
}

constexpr int kSsimTaps = 11;

// The window of SSIM: Gaussian, sigma 1.5, 11 taps, sum 1 (Wang et al. 2004, "Image quality
// assessment: from error visibility to structural similarity", section III.C).
inline std::array<double, kSsimTaps> ssimWindow() {
  std::array<double, kSsimTaps> window{};
  double sum = 0;
  for (int i = 0; i < kSsimTaps; i++) {
    const double d = i - kSsimTaps / 2;
    sum += window[i] = std::exp(-d * d / (2 * 1.5 * 1.5));
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

// Keys' cubic with a = -0.5 (Keys 1981, "Cubic convolution interpolation for digital image
// processing", eq. 15).
inline double keysCubic(double distance) {
  const double x = std::fabs(distance);
  if (x >= 2) return 0;
  if (x >= 1) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return (1.5 * x - 2.5) * x * x + 1;
}

// Which inputs make one output of a resize along one axis. `index[k]` is already inside the image.
struct ResizeTaps {
  std::vector<int> index;
  std::vector<double> weight;
};

// Bicubic taps of output `position` with the conventions of MATLAB's imresize: pixel centres at
// half integers, the kernel stretched by in/out when shrinking with antialiasing, weights
// normalised, borders mirrored with the edge pixel repeated.
inline ResizeTaps bicubicTaps(int in, int out, int position, bool antialias) {
  const double scale = static_cast<double>(out) / in;
  const double stretch = antialias && scale < 1 ? scale : 1;
  const double width = 4 / stretch;
  const double centre = (position + 0.5) / scale - 0.5;
  const int first = static_cast<int>(std::floor(centre + 1 - width / 2)) - 1;
  const int count = static_cast<int>(std::ceil(width)) + 2;
  ResizeTaps taps;
  double sum = 0;
  for (int i = first; i < first + count; i++) {
    const double weight = keysCubic((centre - i) * stretch);
    if (weight == 0) continue;
    const int period = 2 * in, wrapped = ((i % period) + period) % period;
    taps.index.push_back(wrapped < in ? wrapped : period - 1 - wrapped);
    taps.weight.push_back(weight);
    sum += weight;
  }
  for (double& weight : taps.weight) weight /= sum;
  return taps;
}

}  // namespace evensr
