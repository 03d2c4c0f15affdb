// What happens to a single pixel value in several operators.
#pragma once

#include <cstdint>

#include "math/bits.h"
#include "math/host_device.h"

namespace evensr {

// x inside [0, 1]; NaN becomes 0. Floats that are not negative are ordered like their bits, and
// compilers make one instruction of a minimum or maximum of integers, but seldom of floats.
EVENSR_HD float clamp01(float x) {
  constexpr int32_t kBitsOfOne = 0x3F800000, kBitsOfInfinity = 0x7F800000;
  int32_t bits = bitCast<int32_t>(x);
  bits = bits > 0 && bits <= kBitsOfInfinity ? bits : 0;
  bits = bits < kBitsOfOne ? bits : kBitsOfOne;
  return bitCast<float>(bits);
}

// Nearest integer, ties to even, for |x| < 2^22 under the default rounding mode. The sum leaves no
// room for a fraction in the significand, so that the addition itself rounds. `T` is float or a
// vector of it.
template <class T>
EVENSR_HD T roundHalfEven(T x) {
  constexpr float kOneAndAHalfTimes2To23 = 12582912.0f;
  return (x + kOneAndAHalfTimes2To23) - kOneAndAHalfTimes2To23;
}

// The 8-bit level 0 .. 255 of x in [0, 1]; values outside are clamped and NaN is 0, because levels
// are used as indices.
EVENSR_HD int levelOf(float x) { return static_cast<int>(roundHalfEven(255.0f * clamp01(x))); }

}  // namespace evensr
