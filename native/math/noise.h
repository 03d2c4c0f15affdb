// Random fields: which random word belongs to which pixel, and how words become normal numbers.
//
// Counter layout (one key an image and a shared one for gray fields):
//   c0 = group of four pixels   c1 = field   c2 = operator | stage << 8   c3 = 0
// The four words of a block serve four pixels of one plane that lie 32 apart, so that 32 groups
// fill 128 consecutive pixels with loads and stores that vectorise on every device:
//   pixel of word j of group g = 128 (g / 32) + 32 j + g mod 32.
// It is one to one in (pixel), (field), (operator) and (stage): no counter serves two purposes.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "math/host_device.h"
#include "math/philox.h"
#include "math/polynomials.h"

namespace evensr {

constexpr int kNoiseLanes = 32;
constexpr int kNoiseBlock = 4 * kNoiseLanes;

// Part of the reproducibility of a seed: never reuse or reorder.
enum class NoiseOperator : uint32_t {
  gaussian = 1,
  poisson = 2,
  speckle = 3,
  ispShot = 4,
  poissonLarge = 5
};

// Fields 0, 1, 2 are those of the channels R, G, B.
constexpr uint32_t kGrayField = 3;

// One random field of one image.
struct NoiseField {
  uint32_t k0, k1;
  uint32_t field;
  NoiseOperator noiseOperator;
  uint32_t stage;  // 0 or 1
};

// The words of the four pixels 128 (group / 32) + 32 j + group mod 32, j = 0 .. 3.
EVENSR_HD PhiloxBlock noiseWords(const NoiseField& field, uint32_t group) {
  const uint32_t use = static_cast<uint32_t>(field.noiseOperator) | field.stage << 8;
  return philox4x32(field.k0, field.k1, group, field.field, use, 0);
}

struct NormalPair {
  float first, second;
};

// Two independent N(0, 1) numbers of magnitude at most 6.7 from two words: G. E. P. Box and
// M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29 (1958).
//
// Absolute error below 9e-7 for the uniform number u that is a float. Its own rounding, by at most
// 2^-25, moves a pair of radius r by up to 2^-25 / r, and by 2.5e-4 at most.
EVENSR_HD NormalPair boxMuller(uint32_t radiusWord, uint32_t angleWord) {
  // 31 bits, moved by half a step: in [2^-32, 1], so that the logarithm is finite and not positive.
  const float u = static_cast<float>(static_cast<int32_t>(radiusWord >> 1)) * 0x1p-31f + 0x1p-32f;
  const float radius = sqrtf(-2.0f * logOf(u));
  const SinCos angle = sinCosOfTurn(angleWord);
  return {radius * angle.cos, radius * angle.sin};
}

}  // namespace evensr
