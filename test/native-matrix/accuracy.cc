// Measures the functions of native/math that replace those of the C library against the library's
// long double versions, over the whole range for which they are meant. Prints one JSON object a
// function: its name, the kind of error its docstring bounds, the largest error seen and where.
//
//   accuracy [long]     long: every float that has a logarithm, every seventh turn, 20 times as
//   many
//                       random doubles; a few minutes
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>

#include "math/camera.h"
#include "math/noise.h"
#include "math/poisson_large.h"
#include "math/polynomials.h"
#include "math/power.h"
#include "math/special.h"

using namespace evensr;

namespace {

constexpr long double kPi = 3.14159265358979323846264338327950288L;
int samples = 1'000'000;

enum class Kind { relative, absolute };

class Function {
 public:
  Function(const char* name, Kind kind) : name_(name), kind_(kind) {}

  void compare(double x, double actual, long double expected) {
    long double error = std::fabs(actual - expected);
    if (kind_ == Kind::relative && error > 0) error /= std::fabs(expected);
    if (std::isnan(error)) error = INFINITY;
    if (error <= error_) return;
    error_ = error;
    at_ = x;
  }

  void print() const {
    std::printf("{\"name\":\"%s\",\"kind\":\"%s\",\"error\":%.3Le,\"at\":\"%a\"}\n", name_,
                kind_ == Kind::relative ? "relative" : "absolute", error_, at_);
  }

 private:
  const char* name_;
  Kind kind_;
  long double error_ = 0;
  double at_ = 0;
};

std::mt19937_64 random64(1);

double uniform(double low, double high) {
  return low + (high - low) * static_cast<double>(random64() >> 11) * 0x1p-53;
}

// Evenly spread over the exponents.
double anyMagnitude(double low, double high) {
  return std::exp2(uniform(std::log2(low), std::log2(high)));
}

void measureLog(uint32_t stride) {
  Function log("logOf", Kind::relative);
  const auto see = [&](uint32_t bits) {
    const float x = bitCast<float>(bits);
    log.compare(x, logOf(x), std::log(static_cast<long double>(x)));
  };
  for (uint32_t bits = 0x00800000; bits < 0x7F800000; bits += stride) see(bits);
  // Around 1, where the logarithm loses its leading bits.
  for (uint32_t bits = 0x3F400000; bits < 0x3FC00000; bits += 1 + stride / 100) see(bits);
  log.print();
}

void measureTurn(uint32_t stride) {
  Function turn("sinCosOfTurn", Kind::absolute);
  for (uint64_t word = 0; word < uint64_t{1} << 32; word += stride) {
    const auto w = static_cast<uint32_t>(word);
    const SinCos got = sinCosOfTurn(w);
    const long double angle = 2 * kPi * w / 4294967296.0L;
    turn.compare(w, got.sin, std::sin(angle));
    turn.compare(w, got.cos, std::cos(angle));
  }
  turn.print();
}

// Random pairs, and every radius word near both ends.
void measureNormal() {
  Function normal("boxMuller", Kind::absolute);
  const auto see = [&](uint32_t radiusWord, uint32_t angleWord) {
    const NormalPair got = boxMuller(radiusWord, angleWord);
    const float u = static_cast<float>(radiusWord >> 1) * 0x1p-31f + 0x1p-32f;
    const long double radius = std::sqrt(-2 * std::log(static_cast<long double>(u)));
    const long double angle = 2 * kPi * angleWord / 4294967296.0L;
    normal.compare(radiusWord, got.first, radius * std::cos(angle));
    normal.compare(radiusWord, got.second, radius * std::sin(angle));
  };
  const auto word = [] { return static_cast<uint32_t>(random64()); };
  for (int i = 0; i < samples; i++) see(word(), word());
  for (uint32_t i = 0; i < 100'000; i++) see(i, word());
  for (uint32_t i = 0; i < 100'000; i++) see(~i, word());
  normal.print();
}

void measureExp() {
  Function inLoops("expOf", Kind::relative), portable("portableExp", Kind::relative);
  for (int i = 0; i < samples; i++) {
    const double x = i % 4 == 0 ? uniform(-1, 1) : uniform(-700, 700);
    inLoops.compare(x, expOf(x), std::exp(static_cast<long double>(x)));
    const double y = i % 4 == 0 ? x : uniform(-708, 709);
    portable.compare(y, portableExp(y), std::exp(static_cast<long double>(y)));
  }
  inLoops.print();
  portable.print();
}

void measureDoubleLog() {
  Function log("portableLog", Kind::relative), inLoops("loopLogOf", Kind::relative);
  for (int i = 0; i < samples; i++) {
    const double x = i % 4 == 0   ? anyMagnitude(0x1p-1022, 0x1p1023)
                     : i % 4 == 1 ? uniform(0.5, 2)
                                  : 1 + uniform(-1, 1) * anyMagnitude(0x1p-50, 0.5);
    const long double exact = std::log(static_cast<long double>(x));
    log.compare(x, portableLog(x), exact);
    inLoops.compare(x, loopLogOf(x), exact);
  }
  log.print();
  inLoops.print();
}

// Whatever base and exponent whose power is a normal number.
void measurePow() {
  Function pow("portablePow", Kind::relative);
  for (int i = 0; i < samples; i++) {
    const double x = anyMagnitude(1e-7, 1e7), y = anyMagnitude(1e-3, 64);
    const long double expected = std::pow(static_cast<long double>(x), static_cast<long double>(y));
    if (expected < 1e-307L || expected > 1e307L) continue;
    pow.compare(x, portablePow(x, y), expected);
  }
  pow.print();
}

void measureSinCos() {
  Function both("portableSinCos", Kind::absolute);
  for (int i = 0; i < samples; i++) {
    double x = uniform(-1e5, 1e5);
    if (i % 4 == 0) x = uniform(-4, 4);
    // Beside the multiples of pi / 2, where the reduction loses most.
    if (i % 4 == 1) x = static_cast<double>(std::nearbyint(x / kPi * 2) * (kPi / 2));
    if (x <= -1e5 || x >= 1e5) continue;
    const PortableSinCos got = portableSinCos(x);
    both.compare(x, got.sin, std::sin(static_cast<long double>(x)));
    both.compare(x, got.cos, std::cos(static_cast<long double>(x)));
  }
  both.print();
}

void measureBessel() {
  Function j1("besselJ1", Kind::absolute);
  for (int i = 0; i <= samples / 4; i++) {
    double x = 60.0 * i / (samples / 4);
    if (i % 4 == 0) x = anyMagnitude(1e-300, 60);
    j1.compare(x, besselJ1(x), ::j1l(x));
  }
  j1.print();
}

void measureFloats(const char* name, Kind kind, float (*function)(float),
                   long double (*exact)(long double), double low, double high) {
  Function measured(name, kind);
  for (int i = 0; i < samples; i++) {
    const auto x = static_cast<float>(
        i % 4 == 0 && low >= 0 ? anyMagnitude(std::fmax(low, 1e-12), high) : uniform(low, high));
    if (x < low || x > high) continue;
    measured.compare(x, function(x), exact(x));
  }
  measured.print();
}

void measureCamera() {
  measureFloats(
      "expOfFloat", Kind::relative, [](float x) { return expOfFloat(x); },
      [](long double x) { return std::exp(x); }, -80, 80);
  measureFloats(
      "arcSineOf", Kind::relative, [](float s) { return arcSineOf(s); },
      [](long double s) { return std::asin(s); }, 0, std::sqrt(0.5));
  measureFloats(
      "smallSineOf", Kind::relative, [](float x) { return smallSineOf(x); },
      [](long double x) { return std::sin(x); }, -kPi / 6, kPi / 6);
  measureFloats(
      "expandGamma", Kind::absolute, [](float x) { return expandGamma(x); },
      [](long double x) { return std::pow(std::max(x, 1e-8L), 2.2L); }, 0, 1);
  measureFloats(
      "compressGamma", Kind::absolute, [](float x) { return compressGamma(x); },
      [](long double x) { return std::pow(std::max(x, 1e-8L), 1 / 2.2L); }, 0, 1);
  measureFloats(
      "undoToneCurve", Kind::absolute, [](float x) { return undoToneCurve(x); },
      [](long double x) { return 0.5L - std::sin(std::asin(1 - 2 * x) / 3); }, 0, 1);
}

}  // namespace

int main(int argc, char** argv) {
  const bool thorough = argc > 1 && std::strcmp(argv[1], "long") == 0;
  if (thorough) samples *= 20;
  measureLog(thorough ? 1 : 1009);
  measureTurn(thorough ? 7 : 4099);
  measureNormal();
  measureExp();
  measureDoubleLog();
  measurePow();
  measureSinCos();
  measureBessel();
  measureCamera();
}
