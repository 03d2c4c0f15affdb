// Exact Poisson numbers of any rate up to 2^20: transformed rejection.
//
// W. Hoermann, "The transformed rejection method for generating Poisson random variables",
// Insurance: Mathematics and Economics 12 (1993), algorithm PTRS; below a rate of 10 the
// cumulative distribution is inverted. The hat of PTRS is exact, so what differs from the exact
// distribution is the resolution of the uniform numbers, 2^-32, and rounding in double.
#pragma once

#include <cmath>
#include <cstdint>

#include "math/host_device.h"
#include "math/noise.h"
#include "math/philox.h"
#include "math/special.h"

namespace evensr {

// What the sampler keeps of one rate.
struct PoissonRate {
  double rate;
  double atZero;           // exp(-rate); inversion only
  double a, b;             // of the hat
  double logInverseAlpha;  // logarithm of 1 / alpha
  double sure;             // V up to here needs no test
  double logRate;
};

constexpr double kSmallestRejectionRate = 10;

// 0 <= rate <= 2^20.
EVENSR_HD_CALL PoissonRate poissonRate(double rate) {
  if (rate < kSmallestRejectionRate) return {rate, portableExp(-rate), 0, 0, 0, 0, 0};
  const double b = 0.931 + 2.53 * sqrt(rate);
  const double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  return {rate,
          0,
          -0.059 + 0.02483 * b,
          b,
          portableLog(inverseAlpha),
          0.9277 - 3.6224 / (b - 2),
          portableLog(rate)};
}

// log k! for k >= 0, absolute error below 1e-10 up to k = 2e4: Stirling's series at k + 8, less
// the logarithm of the factors that are too many.
EVENSR_HD_CALL double logFactorial(double k) {
  double factors = 1;
  double n = k;
  while (n < 8) {
    n += 1;
    factors *= n;
  }
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  const double r = 1 / n, rr = r * r;
  const double series = r * (1.0 / 12 - rr * (1.0 / 360 - rr * (1.0 / 1260 - rr * (1.0 / 1680))));
  return (n + 0.5) * portableLog(n) - n + kHalfLogTwoPi + series - portableLog(factors);
}

// A uniform number inside (0, 1).
EVENSR_HD_CALL double openUniform(uint32_t word) { return (word + 0.5) * 0x1p-32; }

// The smallest k whose cumulative probability is above u.
EVENSR_HD_CALL int32_t invertPoisson(const PoissonRate& p, uint32_t word) {
  constexpr int kLargest = 100;  // beyond every number that a word can ask for
  const double u = openUniform(word);
  double mass = p.atZero, cumulative = p.atZero;
  int k = 0;
  while (u > cumulative && k < kLargest) {
    k++;
    mass = mass * p.rate / k;
    cumulative += mass;
  }
  return k;
}

constexpr int32_t kRejected = -1;

// One attempt; the rate is at least 10.
EVENSR_HD_CALL int32_t tryPoisson(const PoissonRate& p, uint32_t first, uint32_t second) {
  constexpr double kLargest = 1 << 24;
  const double u = openUniform(first) - 0.5;
  const double v = openUniform(second);
  const double us = 0.5 - (u < 0 ? -u : u);
  const double position = (2 * p.a / us + p.b) * u + p.rate + 0.43;
  if (us >= 0.07 && v <= p.sure) return static_cast<int32_t>(position);
  if (!(position >= 0 && position < kLargest) || (us < 0.013 && v > us)) return kRejected;
  const auto k = static_cast<int32_t>(position);
  const double hat = portableLog(v) + p.logInverseAlpha - portableLog(p.a / (us * us) + p.b);
  return hat <= k * p.logRate - p.rate - logFactorial(k) ? k : kRejected;
}

// What a pixel draws in a round: two attempts.
EVENSR_HD_CALL PhiloxBlock poissonWords(const NoiseField& field, uint32_t pixel, uint32_t round) {
  const uint32_t use = static_cast<uint32_t>(field.noiseOperator) | field.stage << 8;
  return philox4x32(field.k0, field.k1, pixel, field.field, use, round);
}

// The number that these words give, or kRejected: draw the words of the next round.
EVENSR_HD_CALL int32_t poissonFrom(const PoissonRate& p, const PhiloxBlock& words) {
  if (p.rate < kSmallestRejectionRate) return invertPoisson(p, words.w0);
  const int32_t k = tryPoisson(p, words.w0, words.w1);
  return k != kRejected ? k : tryPoisson(p, words.w2, words.w3);
}

}  // namespace evensr
