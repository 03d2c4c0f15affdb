// Real-ESRGAN's unsharp mask (arXiv 2107.10833, section 3.4 and released code): B = G * I,
// mask = |I - B| 255 > 10, soft = G * mask, S = clamp(I + 0.5 (I - B), 0, 1),
// out = soft S + (1 - soft) I, each channel on its own.
#pragma once

#include "math/host_device.h"
#include "math/pixel.h"
#include "math/special.h"

namespace evensr {

// Radius 50 made odd; sigma is OpenCV's for that size, 0.3 ((51 - 1) / 2 - 1) + 0.8 = 8.
constexpr int kUsmSize = 51;

struct UsmRow {
  float taps[kUsmSize];
};

// G is the outer product of this row with itself.
inline UsmRow usmRow() {
  constexpr double kSigma = 8.0;
  double row[kUsmSize], sum = 0;
  for (int i = 0; i < kUsmSize; i++) {
    const double x = i - kUsmSize / 2;
    row[i] = portableExp(-x * x / (2 * kSigma * kSigma));
    sum += row[i];
  }
  UsmRow result;
  for (int i = 0; i < kUsmSize; i++) result.taps[i] = static_cast<float>(row[i] / sum);
  return result;
}

// 1 where the image differs clearly from its blurred self.
EVENSR_HD float usmMask(float image, float blurred) {
  constexpr float kThreshold = 10;  // 8-bit levels
  const float residual = image - blurred;
  const float level = (residual < 0 ? -residual : residual) * 255;
  return level > kThreshold ? 1.0f : 0.0f;
}

EVENSR_HD float usmBlend(float image, float blurred, float soft) {
  constexpr float kAmount = 0.5f;
  const float sharp = clamp01(image + kAmount * (image - blurred));
  return soft * sharp + (1 - soft) * image;
}

}  // namespace evensr
