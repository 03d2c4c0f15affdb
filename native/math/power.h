// Powers, arc sine and sine in float: + - * / sqrt and bit moves in a fixed order, no branches.
//
// The errors named are measured against long double by test/native-matrix/accuracy.cc.
#pragma once

#include <cstdint>

#include "math/bits.h"
#include "math/host_device.h"
#include "math/polynomials.h"

namespace evensr {

// e^x for -80 <= x <= 80; relative error below 1e-7.
//
// x = k log 2 + r, |r| <= log(2) / 2; 2^k is put together from its bits, e^r is a Taylor series.
EVENSR_HD float expOfFloat(float x) {
  constexpr float kOneAndAHalfTimes2To23 = 12582912.0f;
  constexpr float kLog2High = 45426.0f / 65536.0f;  // 16 bits: its product with k is exact
  constexpr float kLog2Low = 1.428606820309417e-6f;
  const float k = (x * 1.44269504f + kOneAndAHalfTimes2To23) - kOneAndAHalfTimes2To23;
  const float r = (x - k * kLog2High) - k * kLog2Low;
  const float sum =
      r * (1.0f +
           r * (1.0f / 2 +
                r * (1.0f / 6 +
                     r * (1.0f / 24 + r * (1.0f / 120 + r * (1.0f / 720 + r * (1.0f / 5040)))))));
  return (1.0f + sum) * bitCast<float>((static_cast<int32_t>(k) + 127) * (1 << 23));
}

// x^y for normal positive x with |y log x| <= 80; expandGamma of math/camera.h says how exactly.
EVENSR_HD float powerOf(float x, float y) { return expOfFloat(y * logOf(x)); }

// arcsin(s) for 0 <= s <= sqrt(1/2); relative error below 2e-7. The polynomial agrees with
// arcsin(sqrt z) / sqrt z at the eight Chebyshev nodes of [0, 1/2].
EVENSR_HD float arcSineOf(float s) {
  const float z = s * s;
  return s * (0.999999988711196f +
              z * (0.16666954671612433f +
                   z * (0.07488114441748575f +
                        z * (0.04648084946851583f +
                             z * (0.016731388935568248f +
                                  z * (0.07553975382325007f +
                                       z * (-0.09008621665998362f + z * 0.10967398318462074f)))))));
}

// sin(x) for |x| <= pi / 6; relative error below 1e-7. Taylor series.
EVENSR_HD float smallSineOf(float x) {
  const float z = x * x;
  return x * (1.0f + z * (-1.0f / 6 + z * (1.0f / 120 + z * (-1.0f / 5040))));
}

}  // namespace evensr
