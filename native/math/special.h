// exp, log, pow, sin, cos and J1 in double precision: + - * / and bit moves in a fixed order.
//
// The C library's versions differ between machines in the last bit; blur kernels must not. Finite
// arguments are assumed. The errors named are measured against long double by
// test/native-matrix/accuracy.cc.
#pragma once

#include <cstdint>

#include "math/bits.h"
#include "math/host_device.h"

namespace evensr {

namespace special_detail {

constexpr double kLn2High = 6.93147180369123816490e-01;  // ln 2, low 32 bits of the mantissa zero
constexpr double kLn2Low = 1.90821492927058770002e-10;

// Nearest integer for |x| < 2^31.
EVENSR_HD_CALL int nearest(double x) { return static_cast<int>(x < 0 ? x - 0.5 : x + 0.5); }

}  // namespace special_detail

// e^x, relative error below 2e-16. Below -708 the result is 0, above 709 it is infinite.
EVENSR_HD_CALL double portableExp(double x) {
  using namespace special_detail;
  if (x < -708) return 0;
  if (x > 709) return bitCast<double>(0x7FF0000000000000u);
  const int k = nearest(x * 1.44269504088896340736);
  const double r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= ln(2) / 2
  double sum = 1;
  for (int n = 14; n >= 1; n--) sum = 1 + sum * r / n;  // Taylor, remainder < 1e-18
  return sum * bitCast<double>(static_cast<uint64_t>(1023 + k) << 52);
}

// Natural logarithm of a positive normal number, relative error below 5e-16.
EVENSR_HD_CALL double portableLog(double x) {
  using namespace special_detail;
  const uint64_t bits = bitCast<uint64_t>(x);
  int k = static_cast<int>(bits >> 52) - 1023;
  double m = bitCast<double>((bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u);
  if (m > 1.41421356237309514547) {
    m *= 0.5;
    k++;
  }
  const double s = (m - 1) / (m + 1);  // ln m = 2 artanh s, |s| < 0.1716
  const double s2 = s * s;
  double sum = 0;
  for (int n = 25; n >= 1; n -= 2) sum = sum * s2 + 1.0 / n;
  return k * kLn2High + (2 * s * sum + k * kLn2Low);
}

// x^y for x >= 0 and y > 0, 0 for x below 1e-300. Relative error below 2e-13 where the power is a
// normal number: it is |y log x| times the logarithm's.
EVENSR_HD_CALL double portablePow(double x, double y) {
  if (x < 1e-300) return 0;
  return y == 1 ? x : portableExp(y * portableLog(x));
}

struct PortableSinCos {
  double sin;
  double cos;
};

// Sine and cosine for |x| < 1e5, absolute error below 2.5e-16.
EVENSR_HD_CALL PortableSinCos portableSinCos(double x) {
  using namespace special_detail;
  const int k = nearest(x * 0.63661977236758134308);
  // pi / 2 in three parts of 33 bits, so that the products with k are exact
  const double r = ((x - k * 1.57079632673412561417e+00) - k * 6.07710050630396597660e-11) -
                   k * 2.02226624879595063154e-21;  // |r| <= pi / 4
  const double r2 = r * r;
  double s = 1, c = 1;
  for (int n = 17; n >= 3; n -= 2) s = 1 - s * r2 / (n * (n - 1));
  for (int n = 18; n >= 2; n -= 2) c = 1 - c * r2 / (n * (n - 1));
  s *= r;
  switch (k & 3) {
    case 0:
      return {s, c};
    case 1:
      return {c, -s};
    case 2:
      return {-s, -c};
    default:
      return {-c, s};
  }
}

// Bessel function of the first kind, order one, for 0 <= x <= 60, absolute error below 6e-16.
EVENSR_HD_CALL double besselJ1(double x) {
  if (x < 2) {  // power series, DLMF 10.2.2
    const double z = x * x / 4;
    double sum = 1;
    for (int k = 14; k >= 1; k--) sum = 1 - sum * z / (k * (k + 1.0));
    return sum * x / 2;
  }
  // Miller's backward recurrence J(n-1) = (2n/x) J(n) - J(n+1), scaled so that
  // J0 + 2 (J2 + J4 + ...) = 1; DLMF 3.6(iii) and 10.12.4
  double above = 0, here = 1e-200, even = 0, j1 = 0;
  for (int n = 2 * (static_cast<int>(x) / 2) + 50; n >= 1; n--) {
    if (n % 2 == 0) even += here;
    if (n == 1) j1 = here;
    const double below = 2 * n / x * here - above;
    above = here;
    here = below;
  }
  return j1 / (here + 2 * even);
}

}  // namespace evensr
