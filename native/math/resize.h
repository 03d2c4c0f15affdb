// Where an output pixel of a resize samples its input, with PyTorch's conventions
// (F.interpolate, align_corners = False, antialias = False), in float32 like PyTorch.
#pragma once

#include <cstdint>

#include "math/host_device.h"

namespace evensr {

// Input pixels per output pixel. `scale` is the factor that was asked for; 0 when the output size
// was. The two differ: floor(in scale) / in is seldom `scale`, and PyTorch keeps the difference.
EVENSR_HD float resizeStep(int in, int out, double scale) {
  return scale > 0 ? static_cast<float>(1 / scale)
                   : static_cast<float>(in) / static_cast<float>(out);
}

// Decimation keeps every n-th pixel, n = round(1 / scale), or round(in / out) without a scale.
EVENSR_HD_CALL int decimationStep(int in, int out, double scale) {
  const double ratio = scale > 0 ? 1 / scale : static_cast<double>(in) / out;
  const int step = static_cast<int>((ratio < in ? ratio : in) + 0.5);
  return step < 1 ? 1 : step;
}

// The pixel that output i keeps.
EVENSR_HD int decimatedIndex(int i, int in, int step) {
  return i * step < in - 1 ? i * step : in - 1;
}

struct LinearTap {
  int first;  // the second is first + 1, or first at the border
  int second;
  float lambda;  // weight of the second
};

EVENSR_HD LinearTap linearTap(int i, int in, float step) {
  float source = step * (static_cast<float>(i) + 0.5f) - 0.5f;
  if (source < 0) source = 0;
  int first = static_cast<int>(source);
  if (first > in - 1) first = in - 1;
  float lambda = source - static_cast<float>(first);
  if (lambda > 1) lambda = 1;
  return {first, first + (first < in - 1 ? 1 : 0), lambda};
}

struct CubicTaps {
  int index[4];  // clamped to the image
  float weight[4];
};

// Keys, "Cubic convolution interpolation for digital image processing", 1981, with A = -0.75.
EVENSR_HD float cubicNear(float x) { return ((-0.75f + 2) * x - (-0.75f + 3)) * x * x + 1; }
EVENSR_HD float cubicFar(float x) {
  return ((-0.75f * x - 5 * -0.75f) * x + 8 * -0.75f) * x - 4 * -0.75f;
}

EVENSR_HD CubicTaps cubicTaps(int i, int in, float step) {
  const float source = step * (static_cast<float>(i) + 0.5f) - 0.5f;
  int first = static_cast<int>(source);
  if (static_cast<float>(first) > source) first--;
  const float t = source - static_cast<float>(first);
  CubicTaps taps;
  for (int k = 0; k < 4; k++) {
    const int index = first - 1 + k;
    taps.index[k] = index < 0 ? 0 : index > in - 1 ? in - 1 : index;
  }
  taps.weight[0] = cubicFar(t + 1);
  taps.weight[1] = cubicNear(t);
  taps.weight[2] = cubicNear(1 - t);
  taps.weight[3] = cubicFar(2 - t);
  return taps;
}

struct AreaWindow {
  int begin;
  int end;
};

// Adaptive average pooling: [floor(i in / out), ceil((i + 1) in / out)).
EVENSR_HD AreaWindow areaWindow(int i, int in, int out) {
  const int64_t wide = in;
  return {static_cast<int>(i * wide / out), static_cast<int>(((i + 1) * wide + out - 1) / out)};
}

}  // namespace evensr
