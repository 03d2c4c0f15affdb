// Elementary functions from + - * / and bit operations in a fixed order, without branches.
//
// The C library's functions differ between machines and devices in the last bit; these do not, and
// their loops vectorise. Every series is a plain Taylor series, cut where the next term is below
// the rounding error. The errors named are measured against long double by
// test/native-matrix/accuracy.cc.
#pragma once

#include <cstdint>

#include "math/bits.h"
#include "math/host_device.h"

namespace evensr {

// Natural logarithm of a normal positive x; relative error below 2e-7, and exactly 0 at 1.
//
// x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh s with s = (m - 1) / (m + 1), of
// magnitude below 0.1716.
EVENSR_HD float logOf(float x) {
  const int32_t bits = bitCast<int32_t>(x);
  constexpr int32_t kSqrtHalf = 0x3F3504F3;
  const int32_t exponent = (bits - kSqrtHalf) >> 23;
  const float m = bitCast<float>(bits - exponent * (1 << 23));
  const float k = static_cast<float>(exponent);

  const float s = (m - 1.0f) / (m + 1.0f);
  const float z = s * s;
  const float tail = z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7 + z * (1.0f / 9))));
  // The leading part of log 2 has 16 bits: its product with k is exact.
  constexpr float kLog2High = 45426.0f / 65536.0f;
  constexpr float kLog2Low = 1.428606820309417e-6f;
  const float twoS = s + s;
  return k * kLog2High + (twoS + (twoS * tail + k * kLog2Low));
}

struct SinCos {
  float sin, cos;
};

// Sine and cosine of 2 pi turn / 2^32; absolute error below 1.2e-7.
//
// The turn is rounded to the nearest quarter, which leaves an angle of at most pi / 4.
EVENSR_HD SinCos sinCosOfTurn(uint32_t turn) {
  const uint32_t quarter = (turn + 0x20000000u) >> 30;
  // Shifting the quarter out leaves the signed rest in units of 2^-32 quarters.
  const float rest = static_cast<float>(static_cast<int32_t>(turn << 2));
  constexpr float kHalfPiTimes2ToMinus32 = 1.5707963267948966f / 4294967296.0f;
  const float x = rest * kHalfPiTimes2ToMinus32;
  const float z = x * x;
  const float sine =
      x + x * z * (-1.0f / 6 + z * (1.0f / 120 + z * (-1.0f / 5040 + z * (1.0f / 362880))));
  const float cosine =
      1.0f + z * (-1.0f / 2 +
                  z * (1.0f / 24 + z * (-1.0f / 720 + z * (1.0f / 40320 + z * (-1.0f / 3628800)))));

  const float a = quarter & 1 ? cosine : sine;
  const float b = quarter & 1 ? sine : cosine;
  return {quarter & 2 ? -a : a, (quarter + 1) & 2 ? -b : b};
}

// exp(x) for -700 <= x <= 700; relative error below 2e-16.
//
// x = k log 2 + r, |r| <= log(2) / 2, and 2^k is put together from its bits.
EVENSR_HD double expOf(double x) {
  constexpr double kInverseLog2 = 1.4426950408889634;
  // The leading part has 32 bits: its product with k is exact.
  constexpr double kLog2High = 0.693147180369123816490;
  constexpr double kLog2Low = 1.90821492927058770002e-10;
  constexpr double kOneAndAHalfTimes2To52 = 6755399441055744.0;
  const double shifted = x * kInverseLog2 + kOneAndAHalfTimes2To52;
  const double k = shifted - kOneAndAHalfTimes2To52;
  const double r = (x - k * kLog2High) - k * kLog2Low;

  double sum = 1.0 / 6227020800.0;
  constexpr double kInverseFactorials[] = {
      1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
      1.0 / 720,       1.0 / 120,      1.0 / 24,      1.0 / 6,      1.0 / 2,     1.0};
  for (const double term : kInverseFactorials) sum = sum * r + term;
  const int64_t exponent = static_cast<int64_t>(k) + 1023;
  return (1.0 + sum * r) * bitCast<double>(exponent << 52);
}

}  // namespace evensr
