// What noise does to the value of a pixel; the numbers it is made of are in math/noise.h,
// math/poisson.h and math/poisson_large.h.
#pragma once

#include <cstdint>

#include "math/host_device.h"
#include "math/pixel.h"

namespace evensr {

EVENSR_HD float withNoise(float value, float noise) { return clamp01(value + noise); }

// Speckle: noise in proportion to the value.
EVENSR_HD float withSpeckle(float value, float noise) {
  const float x = clamp01(value);
  return clamp01(x + x * noise);
}

// One channel of noise that is correlated between them: a row of the matrix times three fields.
EVENSR_HD float mixedNoise(float m0, float m1, float m2, float n0, float n1, float n2,
                           float sigma) {
  return (m0 * n0 + m1 * n1 + m2 * n2) * sigma;
}

// scale (k / vals - q), where k photons were counted at a pixel of level q = level / 255.
EVENSR_HD float photonNoise(int level, int32_t k, float inverseVals, float scale) {
  const float q = static_cast<float>(level) / 255.0f;
  return scale * (static_cast<float>(k) * inverseVals - q);
}

// The level of a pixel's luma with the weights of Real-ESRGAN's reference (BT.601, 0.2989 for red).
EVENSR_HD int grayLevelOf(float r, float g, float b) {
  return levelOf(0.2989f * r + 0.587f * g + 0.114f * b);
}

// The same with BSRGAN-plus's weights.
EVENSR_HD int lumaLevelOf(float r, float g, float b) {
  return levelOf(0.299f * r + 0.587f * g + 0.114f * b);
}

// A value in 8 bits.
EVENSR_HD float quantised(float value) { return static_cast<float>(levelOf(value)) / 255.0f; }

}  // namespace evensr
