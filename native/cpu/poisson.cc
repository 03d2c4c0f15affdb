// Poisson noise on the CPU. The rate takes at most 256 values an image, so sampling is a table
// read.
#include <algorithm>
#include <cstdint>

#include "clones.h"
#include "cpu/noise_words.h"
#include "cpu/operators.h"
#include "cpu/poisson_tables.h"
#include "math/noise.h"
#include "math/noisy_pixel.h"

namespace evensr::cpu {

namespace {

constexpr int kChannels = 3;

EVENSR_CLONES void levelsOf(const float* in, size_t count, uint8_t* levels) {
  for (size_t i = 0; i < count; i++) levels[i] = static_cast<uint8_t>(levelOf(in[i]));
}

EVENSR_CLONES void grayLevels(const float* __restrict r, const float* __restrict g,
                              const float* __restrict b, size_t count, uint8_t* __restrict levels) {
  for (size_t i = 0; i < count; i++) {
    levels[i] = static_cast<uint8_t>(grayLevelOf(r[i], g[i], b[i]));
  }
}

// log2 of the number of different levels, rounded up: 0 .. 8. More than half of all levels already
// give 8, so that most images need not be looked at to the end.
int valsExponentOf(const uint8_t* levels, size_t count) {
  constexpr size_t kPart = 2048;
  bool seen[kLevels] = {};
  int distinct = 0;
  for (size_t start = 0; start < count && distinct <= kLevels / 2; start += kPart) {
    const size_t end = std::min(count, start + kPart);
    for (size_t i = start; i < end; i++) seen[levels[i]] = true;
    distinct = static_cast<int>(std::count(std::begin(seen), std::end(seen), true));
  }
  int exponent = 0;
  while ((1 << exponent) < distinct) exponent++;
  return exponent;
}

// What the tables say about a block of pixels.
struct TableReads {
  alignas(64) uint32_t slots[kNoiseBlock];
  alignas(64) int32_t smallest[kNoiseBlock];
  alignas(64) int32_t levels[kNoiseBlock];
};

void readTables(const PoissonTables& tables, const uint8_t* levels, const uint32_t* words,
                int count, TableReads& out) {
  const uint32_t* slots = tables.slots[0];
  for (int i = 0; i < count; i++) {
    const int level = levels[i];
    out.slots[i] = slots[level * kAliasSlots + static_cast<int>(words[i] >> 24)];
    out.smallest[i] = tables.smallest[level];
    out.levels[i] = level;
  }
}

// Adds scale (Poisson(q vals) / vals - q), one field, to `planes` planes of `count` pixels.
EVENSR_CLONES void addPoissonField(float* image, int planes, size_t count, const uint8_t* levels,
                                   const PoissonTables& tables, float inverseVals, float scale,
                                   NoiseField field) {
  NoiseWords block;
  TableReads reads = {};
  alignas(64) float noise[kNoiseBlock];
  const uint32_t* words = block.words[0];
  for (size_t start = 0; start < count; start += kNoiseBlock) {
    noiseWordsOf(field, static_cast<uint32_t>(start / 4), block);
    const int filled = static_cast<int>(std::min<size_t>(kNoiseBlock, count - start));
    readTables(tables, levels + start, words, filled, reads);
    for (int i = 0; i < kNoiseBlock; i++) {
      const int32_t k = reads.smallest[i] + aliasValue(reads.slots[i], words[i]);
      noise[i] = photonNoise(reads.levels[i], k, inverseVals, scale);
    }
    for (int p = 0; p < planes; p++) {
      float* pixels = image + p * count + start;
      for (int i = 0; i < filled; i++) pixels[i] = withNoise(pixels[i], noise[i]);
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
