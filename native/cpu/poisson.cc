// Poisson noise on the CPU. The rate takes at most 256 values an image, so sampling is a table
// read.
#include <algorithm>
#include <cstdint>

#include "clones.h"
#include "cpu/operators.h"
#include "cpu/poisson_tables.h"
#include "math/noise.h"
#include "math/pixel.h"

namespace evensr::cpu {

namespace {

constexpr int kChannels = 3;

EVENSR_CLONES void levelsOf(const float* in, size_t count, uint8_t* levels) {
  for (size_t i = 0; i < count; i++) levels[i] = static_cast<uint8_t>(levelOf(in[i]));
}

// Luma with the weights of the reference (BT.601, 0.2989 for red) as levels.
EVENSR_CLONES void grayLevels(const float* __restrict r, const float* __restrict g,
                              const float* __restrict b, size_t count, uint8_t* __restrict levels) {
  for (size_t i = 0; i < count; i++) {
    levels[i] = static_cast<uint8_t>(levelOf(0.2989f * r[i] + 0.587f * g[i] + 0.114f * b[i]));
  }
}

// log2 of the number of different levels, rounded up: 0 .. 8.
int valsExponentOf(const uint8_t* levels, size_t count) {
  bool seen[kLevels] = {};
  for (size_t i = 0; i < count; i++) seen[levels[i]] = true;
  const auto distinct = std::count(std::begin(seen), std::end(seen), true);
  int exponent = 0;
  while ((1 << exponent) < distinct) exponent++;
  return exponent;
}

// Adds scale (Poisson(q vals) / vals - q), one field, to `planes` planes of `count` pixels.
EVENSR_CLONES void addPoissonField(float* image, int planes, size_t count, const uint8_t* levels,
                                   const PoissonTables& tables, float inverseVals, float scale,
                                   NoiseField field) {
  const uint32_t* slots = tables.slots[0];
  alignas(64) uint32_t words[kNoiseBlock];
  alignas(64) float noise[kNoiseBlock];
  for (size_t start = 0; start < count; start += kNoiseBlock) {
    const auto firstGroup = static_cast<uint32_t>(start / 4);
    for (int lane = 0; lane < kNoiseLanes; lane++) {
      const PhiloxBlock block = noiseWords(field, firstGroup + lane);
      words[lane] = block.w0;
      words[kNoiseLanes + lane] = block.w1;
      words[2 * kNoiseLanes + lane] = block.w2;
      words[3 * kNoiseLanes + lane] = block.w3;
    }
    const int filled = static_cast<int>(std::min<size_t>(kNoiseBlock, count - start));
    for (int i = 0; i < filled; i++) {
      const int level = levels[start + i];
      const uint32_t slot = slots[level * kAliasSlots + static_cast<int>(words[i] >> 24)];
      const int32_t k = tables.smallest[level] + aliasValue(slot, words[i]);
      const float q = static_cast<float>(level) / 255.0f;
      noise[i] = scale * (static_cast<float>(k) * inverseVals - q);
    }
    for (int p = 0; p < planes; p++) {
      float* pixels = image + p * count + start;
      for (int i = 0; i < filled; i++) pixels[i] = clamp01(pixels[i] + noise[i]);
    }
  }
}

}  // namespace

void addPoissonNoise(ImageView image, float scale, bool gray, NoiseKey key, int stage,
                     Scratch& scratch) {
  ScratchFrame frame(scratch);
  const size_t plane = image.plane();
  const size_t fields = gray ? 1 : kChannels;
  uint8_t* levels = frame.take<uint8_t>(fields * plane);
  if (gray) {
    grayLevels(image.data, image.data + plane, image.data + 2 * plane, plane, levels);
  } else {
    levelsOf(image.data, kChannels * plane, levels);
  }
  const int exponent = valsExponentOf(levels, fields * plane);
  const PoissonTables& tables = poissonTables(exponent);
  const float inverseVals = 1.0f / static_cast<float>(1 << exponent);
  for (size_t f = 0; f < fields; f++) {
    const NoiseField field{key.k0, key.k1, gray ? kGrayField : static_cast<uint32_t>(f),
                           NoiseOperator::poisson, static_cast<uint32_t>(stage)};
    addPoissonField(image.data + f * plane, gray ? kChannels : 1, plane, levels + f * plane, tables,
                    inverseVals, scale, field);
  }
}

}  // namespace evensr::cpu
