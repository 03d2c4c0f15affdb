// JPEG in integers, bit for bit what libjpeg and libjpeg-turbo compute by default: 8-bit samples,
// the accurate integer DCT ("islow") and integer quantisation steps. Entropy coding loses nothing
// and is left out.
//
// Samples and coefficients are held in 32 bits; a shift to the right of a negative number rounds
// down.
#pragma once

#include <cstdint>

#include "math/host_device.h"
#include "math/jpeg_tables.h"

namespace evensr {

// ---- colour: JFIF 1.02, section 7, with 16 fractional bits ----

EVENSR_HD constexpr int fixed16(double x) { return static_cast<int>(x * 65536 + 0.5); }

struct YccLevels {
  int y, cb, cr;  // 0 .. 255
};

EVENSR_HD YccLevels yccOfLevels(int r, int g, int b) {
  constexpr int kHalf = 1 << 15;
  // One below the half, so that the largest sum, 255.5, does not become 256.
  constexpr int kChromaOffset = (128 << 16) + kHalf - 1;
  return {(fixed16(0.299) * r + fixed16(0.587) * g + fixed16(0.114) * b + kHalf) >> 16,
          (-fixed16(0.16874) * r - fixed16(0.33126) * g + fixed16(0.5) * b + kChromaOffset) >> 16,
          (fixed16(0.5) * r - fixed16(0.41869) * g - fixed16(0.08131) * b + kChromaOffset) >> 16};
}

EVENSR_HD int clampLevel(int x) {
  x = x < 0 ? 0 : x;
  return x > 255 ? 255 : x;
}

struct RgbLevels {
  int r, g, b;  // 0 .. 255
};

EVENSR_HD RgbLevels rgbOfLevels(int y, int cb, int cr) {
  constexpr int kHalf = 1 << 15;
  cb -= 128;
  cr -= 128;
  const int r = y + ((fixed16(1.402) * cr + kHalf) >> 16);
  const int g = y + ((-fixed16(0.34414) * cb - fixed16(0.71414) * cr + kHalf) >> 16);
  const int b = y + ((fixed16(1.772) * cb + kHalf) >> 16);
  return {clampLevel(r), clampLevel(g), clampLevel(b)};
}

// ---- chroma of 4:2:0 ----

// Column x of the halved plane, of the sum of 2x2 samples; the alternating bias makes up for always
// rounding the same way.
EVENSR_HD int halvedSample(int sum, int x) { return (sum + 1 + (x & 1)) >> 2; }

// Triangle upsampling in one direction: 3/4 of the nearer row and 1/4 of the farther one, times 4.
EVENSR_HD int enlargedRow(int nearer, int farther) { return 3 * nearer + farther; }

// Then in the other; the two columns that come of a sample round differently. `isOdd` is 0 or 1.
EVENSR_HD int enlargedSample(int nearer, int farther, int isOdd) {
  return (3 * nearer + farther + 8 - isOdd) >> 4;
}

// ---- quantisation ----

struct IntegerStep {
  int32_t step;         // 1 .. 255
  uint32_t reciprocal;  // ceil(2^20 / step)
};

// Steps for a quality in 1 .. 100, clamped to what baseline JPEG can store.
inline void libjpegSteps(const uint8_t (&table)[64], int quality, IntegerStep (&steps)[64]) {
  const int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  for (int i = 0; i < 64; i++) {
    const int scaled = (table[i] * percent + 50) / 100;
    const int step = scaled < 1 ? 1 : scaled > 255 ? 255 : scaled;
    steps[i] = {step, ((1u << 20) + step - 1) / step};
  }
}

// The coefficient after quantisation, rounded half away from zero, times its step. `coefficient` is
// scaled by 8, as forwardDct leaves it, and below 2^15 - 1020 in magnitude.
//
// floor((|c| + 4 s) / 8 s) = floor(n / s) with n = floor((|c| + 4 s) / 8) < 2^12, and n times the
// reciprocal shifted by 20 is floor(n / s) because n s < 2^20: no division, no 64 bits.
//
// `T` here and below is int with `Unsigned` uint32_t, or vectors of the numbers of several blocks.
template <class Unsigned = uint32_t, class T>
EVENSR_HD T quantizeInteger(T coefficient, IntegerStep s) {
  const T sign = coefficient >> 31;
  const T magnitude = (coefficient ^ sign) - sign;
  const Unsigned n = (Unsigned)((magnitude + 4 * s.step) >> 3);
  const T level = (T)((n * s.reciprocal) >> 20) * s.step;
  return (level ^ sign) - sign;
}

// ---- the transform ----
//
// C. Loeffler, A. Ligtenberg, G. S. Moschytz, "Practical fast 1-D DCT algorithms with 11
// multiplications", ICASSP 1989, in the form with 12 products. Constants have 13 fractional bits;
// the first pass keeps 2 bits more than its input.

constexpr int kConstBits = 13;
constexpr int kPassBits = 2;
EVENSR_HD constexpr int fixed13(double x) { return static_cast<int>(x * (1 << kConstBits) + 0.5); }

enum class Pass { first, second };

// x / 2^bits, rounded half up.
template <int bits, class T>
EVENSR_HD T descale(T x) {
  return (x + (1 << (bits - 1))) >> bits;
}

// sqrt(2) times cosines and their sums and differences; c = cos(k pi / 16).
constexpr int kC6 = fixed13(0.541196100);         // sqrt(2) c6
constexpr int kC2MinusC6 = fixed13(0.765366865);  // sqrt(2) (c2 - c6)
constexpr int kC2PlusC6 = fixed13(1.847759065);   // sqrt(2) (c2 + c6)
constexpr int kC3 = fixed13(1.175875602);         // sqrt(2) c3
constexpr int kC3MinusC7 = fixed13(0.899976223);  // sqrt(2) (c3 - c7)
constexpr int kC1PlusC3 = fixed13(2.562915447);   // sqrt(2) (c1 + c3)
constexpr int kC3PlusC5 = fixed13(1.961570560);   // sqrt(2) (c3 + c5)
constexpr int kC3MinusC5 = fixed13(0.390180644);  // sqrt(2) (c3 - c5)
constexpr int kOdd7 = fixed13(0.298631336);       // sqrt(2) (-c1 + c3 + c5 - c7)
constexpr int kOdd5 = fixed13(2.053119869);       // sqrt(2) (c1 + c3 - c5 + c7)
constexpr int kOdd3 = fixed13(3.072711026);       // sqrt(2) (c1 + c3 + c5 - c7)
constexpr int kOdd1 = fixed13(1.501321110);       // sqrt(2) (c1 + c3 - c5 - c7)

template <class T>
struct OddPart {
  T a, b, c, d;
};

// The odd half, which is its own transpose: differences (x3 - x4, x2 - x5, x1 - x6, x0 - x7) to
// coefficients (7, 5, 3, 1) going forward, and back.
template <class T>
EVENSR_HD OddPart<T> oddPart(const T& a, const T& b, const T& c, const T& d) {
  const T all = (a + c + b + d) * kC3;
  const T ad = -(a + d) * kC3MinusC7;
  const T bc = -(b + c) * kC1PlusC3;
  const T ac = all - (a + c) * kC3PlusC5;
  const T bd = all - (b + d) * kC3MinusC5;
  return {a * kOdd7 + ad + ac, b * kOdd5 + bc + bd, c * kOdd3 + bc + ac, d * kOdd1 + ad + bd};
}

// DCT of 8 numbers in place. After both passes the result is 8 times the orthonormal one.
template <Pass pass, class T>
EVENSR_HD void forwardDct8(T (&x)[8]) {
  constexpr int kDown = kConstBits + (pass == Pass::first ? -kPassBits : kPassBits);
  const T s0 = x[0] + x[7], s1 = x[1] + x[6], s2 = x[2] + x[5], s3 = x[3] + x[4];
  const OddPart<T> odd = oddPart(x[3] - x[4], x[2] - x[5], x[1] - x[6], x[0] - x[7]);
  const T e0 = s0 + s3, e1 = s1 + s2, e2 = s1 - s2, e3 = s0 - s3;
  const T rotated = (e2 + e3) * kC6;
  if (pass == Pass::first) {
    x[0] = (e0 + e1) * (1 << kPassBits);
    x[4] = (e0 - e1) * (1 << kPassBits);
  } else {
    x[0] = descale<kPassBits>(e0 + e1);
    x[4] = descale<kPassBits>(e0 - e1);
  }
  x[2] = descale<kDown>(rotated + e3 * kC2MinusC6);
  x[6] = descale<kDown>(rotated - e2 * kC2PlusC6);
  x[7] = descale<kDown>(odd.a);
  x[5] = descale<kDown>(odd.b);
  x[3] = descale<kDown>(odd.c);
  x[1] = descale<kDown>(odd.d);
}

// Inverse DCT of 8 numbers in place; after both passes the result is the sample, centred at 0.
template <Pass pass, class T>
EVENSR_HD void inverseDct8(T (&x)[8]) {
  constexpr int kDown = kConstBits + (pass == Pass::first ? -kPassBits : kPassBits + 3);
  const T rotated = (x[2] + x[6]) * kC6;
  const T e2 = rotated - x[6] * kC2PlusC6, e3 = rotated + x[2] * kC2MinusC6;
  const T e0 = (x[0] + x[4]) * (1 << kConstBits), e1 = (x[0] - x[4]) * (1 << kConstBits);
  const OddPart<T> odd = oddPart(x[7], x[5], x[3], x[1]);
  const T s0 = e0 + e3, s1 = e1 + e2, s2 = e1 - e2, s3 = e0 - e3;
  x[0] = descale<kDown>(s0 + odd.d), x[7] = descale<kDown>(s0 - odd.d);
  x[1] = descale<kDown>(s1 + odd.c), x[6] = descale<kDown>(s1 - odd.c);
  x[2] = descale<kDown>(s2 + odd.b), x[5] = descale<kDown>(s2 - odd.b);
  x[3] = descale<kDown>(s3 + odd.a), x[4] = descale<kDown>(s3 - odd.a);
}

}  // namespace evensr
