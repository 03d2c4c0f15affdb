// Poisson noise of a given number of photons at white.
#include "math/poisson_large.h"

#include <algorithm>
#include <cstdint>

#include "clones.h"
#include "cpu/operators.h"
#include "math/noisy_pixel.h"
#include "math/poisson.h"

namespace evensr::cpu {
namespace {

constexpr int kChannels = 3;
constexpr int kLevels = 256;
constexpr int kBlock = 128;

EVENSR_CLONES void quantise(float* image, size_t count, uint8_t* levels) {
  for (size_t i = 0; i < count; i++) {
    const int level = levelOf(image[i]);
    levels[i] = static_cast<uint8_t>(level);
    image[i] = static_cast<float>(level) / 255.0f;
  }
}

EVENSR_CLONES void lumaLevels(const float* r, const float* g, const float* b, size_t count,
                              uint8_t* levels) {
  for (size_t i = 0; i < count; i++) {
    levels[i] = static_cast<uint8_t>(lumaLevelOf(r[i], g[i], b[i]));
  }
}

// The distributions of the 256 levels: alias tables up to a level, rejection
// from it on.
class Distributions {
 public:
  Distributions(ScratchFrame& frame, double vals)
      : tables_(frame.take<AliasTable>(kLevels)),
        rates_(frame.take<PoissonRate>(kLevels)),
        vals_(vals) {
    for (int level = 0; level < kLevels; level++) {
      if (rateOf(level) < kSmallestRejectionRate) firstRejected_ = level + 1;
      rates_[level] = poissonRate(std::max(rateOf(level), kSmallestRejectionRate));
    }
  }
  bool hasTable(int level) const { return level < firstRejected_; }
  bool haveAllTables() const { return firstRejected_ == kLevels; }
  // Made when a level is first seen.
  const AliasTable& table(int level) {
    if (!made_[level]) tables_[level] = aliasTable(poissonMasses(rateOf(level)));
    made_[level] = true;
    return tables_[level];
  }
  const PoissonRate* rates() const { return rates_; }
  double vals() const { return vals_; }

 private:
  double rateOf(int level) const { return vals_ * level / 255.0; }

  AliasTable* tables_;
  PoissonRate* rates_;
  double vals_;
  int firstRejected_ = 0;
  bool made_[kLevels] = {};
};

struct Words {
  alignas(64) uint32_t u[kBlock], v[kBlock];
};

EVENSR_CLONES void firstWords(const NoiseField& field, uint32_t start, Words& out) {
  for (uint32_t i = 0; i < kBlock / 2; i++) {
    const PhiloxBlock words = firstPoissonWords(field, start / 2 + i);
    out.u[i] = words.w0;
    out.v[i] = words.w1;
    out.u[kBlock / 2 + i] = words.w2;
    out.v[kBlock / 2 + i] = words.w3;
  }
}

EVENSR_CLONES void firstAttempts(const uint8_t* levels, const PoissonRate* rates,
                                 const Words& words, int32_t* k) {
  for (int i = 0; i < kBlock; i++) k[i] = tryPoisson(rates[levels[i]], words.u[i], words.v[i]);
}

// Pixels of a block that were rejected, and their levels.
struct Pending {
  static constexpr int kRound = 16;  // lists end with fillers, so that loops need no scalar rest
  int count = 0;
  int32_t pixel[kBlock + kRound], level[kBlock + kRound], k[kBlock + kRound];

  void add(int32_t p, int32_t l) {
    pixel[count] = p;
    level[count++] = l;
  }
  int filled() {
    const int end = (count + kRound - 1) / kRound * kRound;
    for (int i = count; i < end; i++) pixel[i] = pixel[0], level[i] = level[0];
    return end;
  }
};

EVENSR_CLONES void retry(const NoiseField& field, uint32_t start, uint32_t round,
                         const PoissonRate* rates, int n, Pending& pending) {
  const int32_t *pixel = pending.pixel, *level = pending.level;
  int32_t* k = pending.k;
  for (int i = 0; i < n; i++) {
    k[i] = retryPoisson(rates[level[i]], field, start + static_cast<uint32_t>(pixel[i]), round);
  }
}

// Keeps what is still rejected.
void settle(Pending& pending, int32_t* k) {
  const int count = pending.count;
  pending.count = 0;
  for (int i = 0; i < count; i++) {
    k[pending.pixel[i]] = pending.k[i];
    if (pending.k[i] == kRejected) pending.add(pending.pixel[i], pending.level[i]);
  }
}

// The numbers of the pixels start .. start + 127; levels beyond the plane's end are 0.
void drawBlock(const uint8_t* levels, Distributions& distributions, const NoiseField& field,
               uint32_t start, int32_t* k) {
  Words words;
  Pending pending;
  firstWords(field, start, words);
  if (!distributions.haveAllTables()) firstAttempts(levels, distributions.rates(), words, k);
  for (int i = 0; i < kBlock; i++) {
    if (distributions.hasTable(levels[i])) {
      const AliasTable& table = distributions.table(levels[i]);
      k[i] = table.smallest + aliasValue(table.slots[words.u[i] >> 24], words.u[i]);
    } else if (k[i] == kRejected) {
      pending.add(i, levels[i]);
    }
  }
  for (uint32_t round = 1; pending.count > 0; round++) {
    retry(field, start, round, distributions.rates(), pending.filled(), pending);
    settle(pending, k);
  }
}

EVENSR_CLONES void addNoise(float* pixels, int count, const uint8_t* levels, const int32_t* k,
                            float inverseVals, float scale) {
  for (int i = 0; i < count; i++) {
    pixels[i] = withNoise(pixels[i], photonNoise(levels[i], k[i], inverseVals, scale));
  }
}

// scale (Poisson(q vals) / vals - q) of one field, added to `planes` planes of `count` pixels.
void addField(float* image, int planes, size_t count, const uint8_t* levels,
              Distributions& distributions, float scale, const NoiseField& field) {
  alignas(64) int32_t k[kBlock];
  const auto inverseVals = static_cast<float>(1 / distributions.vals());
  for (size_t start = 0; start < count; start += kBlock) {
    const int filled = static_cast<int>(std::min<size_t>(kBlock, count - start));
    uint8_t last[kBlock] = {};
    const uint8_t* block = levels + start;
    if (filled < kBlock) {
      std::copy_n(block, filled, last);
      block = last;
    }
    drawBlock(block, distributions, field, static_cast<uint32_t>(start), k);
    for (int p = 0; p < planes; p++) {
      addNoise(image + p * count + start, filled, block, k, inverseVals, scale);
    }
  }
}

}  // namespace

void addPoissonNoiseOf(ImageView image, double vals, float scale, bool gray, NoiseKey key,
                       int stage, Scratch& scratch) {
  ScratchFrame frame(scratch);
  const size_t plane = image.plane();
  const size_t fields = gray ? 1 : kChannels;
  uint8_t* levels = frame.take<uint8_t>(kChannels * plane);
  quantise(image.data, kChannels * plane, levels);
  if (gray) lumaLevels(image.data, image.data + plane, image.data + 2 * plane, plane, levels);
  Distributions distributions(frame, vals);
  for (size_t f = 0; f < fields; f++) {
    const NoiseField field{key.k0, key.k1, gray ? kGrayField : static_cast<uint32_t>(f),
                           NoiseOperator::poissonLarge, static_cast<uint32_t>(stage)};
    addField(image.data + f * plane, gray ? kChannels : 1, plane, levels + f * plane, distributions,
             scale, field);
  }
}

}  // namespace evensr::cpu
