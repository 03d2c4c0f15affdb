// What happens to a single pixel value in several operators.
#pragma once

#include "math/host_device.h"

namespace evensr {

EVENSR_HD float clamp01(float x) {
  x = x < 0.0f ? 0.0f : x;
  return x > 1.0f ? 1.0f : x;
}

// Nearest integer, ties to even, for |x| < 2^22 under the default rounding mode. The sum leaves no
// room for a fraction in the significand, so that the addition itself rounds.
EVENSR_HD float roundHalfEven(float x) {
  constexpr float kOneAndAHalfTimes2To23 = 12582912.0f;
  return (x + kOneAndAHalfTimes2To23) - kOneAndAHalfTimes2To23;
}

// The 8-bit level 0 .. 255 of x in [0, 1]; values outside are clamped and NaN is 0, because levels
// are used as indices.
EVENSR_HD int levelOf(float x) {
  x = x > 0.0f ? x : 0.0f;
  x = x < 1.0f ? x : 1.0f;
  return static_cast<int>(roundHalfEven(255.0f * x));
}

}  // namespace evensr
