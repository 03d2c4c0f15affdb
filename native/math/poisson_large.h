// Poisson numbers of the rates 32 to 2^20: transformed rejection. Smaller rates
// have alias tables, see math/poisson.h.
//
// W. Hoermann, "The transformed rejection method for generating Poisson random
// variables", Insurance: Mathematics and Economics 12 (1993), algorithm PTRS
// without its squeezes, which only spare arithmetic. Probabilities are exact to
// 2^-32, the resolution of the uniform numbers.
#pragma once

#include <cmath>
#include <cstdint>

#include "math/bits.h"
#include "math/host_device.h"
#include "math/noise.h"
#include "math/philox.h"
#include "math/special.h"

namespace evensr {

constexpr double kSmallestRejectionRate = 32;
constexpr int32_t kRejected = -1;

// What the sampler keeps of one rate.
struct PoissonRate {
  double rate, inverse;
  double a, b;    // of the hat
  double offset;  // log(1 / alpha) + log(2 pi) / 2
};

// The rate is at least 32.
EVENSR_HD_CALL PoissonRate poissonRate(double rate) {
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  const double b = 0.931 + 2.53 * sqrt(rate);
  const double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  return {rate, 1 / rate, -0.059 + 0.02483 * b, b, portableLog(inverseAlpha) + kHalfLogTwoPi};
}

// Natural logarithm of a positive normal number, relative error below 2e-15;
// without branches and conversions of 64-bit integers, which would keep loops
// from becoming SIMD.
EVENSR_HD double loopLogOf(double x) {
  constexpr uint64_t kOne = 0x3FF0000000000000u, kSqrtHalf = 0x3FE6A09E667F3BCDu;
  constexpr uint64_t kTwoTo52 = 0x4330000000000000u;
  const uint64_t bits = bitCast<uint64_t>(x);
  // x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh s
  const uint64_t biased = (bits + (kOne - kSqrtHalf)) >> 52;
  const double m = bitCast<double>(bits - (biased << 52) + kOne);
  const double k = bitCast<double>(kTwoTo52 | biased) - (4503599627370496.0 + 1023.0);
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  const double series =
      z * (1.0 / 3 +
           z * (1.0 / 5 +
                z * (1.0 / 7 +
                     z * (1.0 / 9 +
                          z * (1.0 / 11 + z * (1.0 / 13 + z * (1.0 / 15 + z * (1.0 / 17))))))));
  const double twoS = s + s;
  return k * special_detail::kLn2High + (twoS + (twoS * series + k * special_detail::kLn2Low));
}

// A uniform number inside (0, 1).
EVENSR_HD double openUniform(uint32_t word) { return (word + 0.5) * 0x1p-32; }

// One attempt. The logarithm of the probability of k is -k log(k / rate) + k - rate
// - log(2 pi k) / 2 - 1 / (12 k) + ..., Stirling's series. Positions beyond 1 and 2^24 go there:
// at these rates numbers so far away are as good as never accepted.
EVENSR_HD int32_t tryPoisson(const PoissonRate& p, uint32_t first, uint32_t second) {
  constexpr double kLargest = 1 << 24;
  const double u = openUniform(first) - 0.5;
  const double v = openUniform(second);
  const double inverseUs = 1 / (0.5 - (u < 0 ? -u : u));
  double position = (2 * p.a * inverseUs + p.b) * u + p.rate + 0.43;
  position = position > 1 ? position : 1;
  position = position < kLargest ? position : kLargest;
  const auto k = static_cast<int32_t>(position);
  const double n = k;
  const double r = 1 / n;
  const double deviance = n * loopLogOf(n * p.inverse) - (n - p.rate);
  const double series = r * (1.0 / 12 - r * r * (1.0 / 360 - r * r * (1.0 / 1260)));
  const double hat = loopLogOf(v * sqrt(n) / (p.a * inverseUs * inverseUs + p.b)) + p.offset;
  return hat + deviance + series <= 0 ? k : kRejected;
}

// The words of first attempts, two pixels a block: those of pixel 128 (pair / 64) + pair mod 64 are
// w0 and w1, those of the pixel 64 further on w2 and w3. An alias table takes w0 or w2.
EVENSR_HD PhiloxBlock firstPoissonWords(const NoiseField& field, uint32_t pair) {
  const uint32_t use = static_cast<uint32_t>(field.noiseOperator) | field.stage << 8;
  return philox4x32(field.k0, field.k1, pair, field.field, use, 0);
}

// The number of a pixel whose attempts so far were rejected: two more attempts. Rounds count
// from 1.
EVENSR_HD int32_t retryPoisson(const PoissonRate& p, const NoiseField& field, uint32_t pixel,
                               uint32_t round) {
  const uint32_t use = static_cast<uint32_t>(field.noiseOperator) | field.stage << 8;
  const PhiloxBlock words = philox4x32(field.k0, field.k1, pixel, field.field, use, round);
  const int32_t first = tryPoisson(p, words.w0, words.w1);
  const int32_t second = tryPoisson(p, words.w2, words.w3);
  return first != kRejected ? first : second;
}

}  // namespace evensr
