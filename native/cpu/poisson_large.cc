// Poisson noise of a given number of photons at white.
#include "math/poisson_large.h"

#include <algorithm>
#include <cstdint>

#include "clones.h"
#include "cpu/operators.h"
#include "math/pixel.h"

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

// BSRGAN-plus's luma of an image in 8 bits, in 8 bits.
EVENSR_CLONES void lumaLevels(const float* r, const float* g, const float* b, size_t count,
                              uint8_t* levels) {
  for (size_t i = 0; i < count; i++) {
    levels[i] = static_cast<uint8_t>(levelOf(0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i]));
  }
}

EVENSR_CLONES void addToPlane(float* pixels, const float* noise, int count) {
  for (int i = 0; i < count; i++) pixels[i] = clamp01(pixels[i] + noise[i]);
}

// The rates that occur in an image, set up when a level is first seen.
class Rates {
 public:
  Rates(ScratchFrame& frame, double vals) : rates_(frame.take<PoissonRate>(kLevels)), vals_(vals) {}
  const PoissonRate& of(int level) {
    if (!known_[level]) {
      rates_[level] = poissonRate(vals_ * level / 255.0);
      known_[level] = true;
    }
    return rates_[level];
  }

  double vals() const { return vals_; }

 private:
  PoissonRate* rates_;
  double vals_;
  bool known_[kLevels] = {};
};

struct FirstWords {
  alignas(64) uint32_t w0[kBlock], w1[kBlock], w2[kBlock], w3[kBlock];
};

// Round 0 of the pixels start .. start + 127: most need no other.
EVENSR_CLONES void firstWords(const NoiseField& field, uint32_t start, FirstWords& out) {
  for (uint32_t i = 0; i < kBlock; i++) {
    const PhiloxBlock words = poissonWords(field, start + i, 0);
    out.w0[i] = words.w0;
    out.w1[i] = words.w1;
    out.w2[i] = words.w2;
    out.w3[i] = words.w3;
  }
}

// scale (Poisson(q vals) / vals - q) of one field, added to `planes` planes of `count` pixels.
void addField(float* image, int planes, size_t count, const uint8_t* levels, Rates& rates,
              float scale, const NoiseField& field) {
  FirstWords words;
  alignas(64) float noise[kBlock];
  const float inverseVals = static_cast<float>(1 / rates.vals());
  for (size_t start = 0; start < count; start += kBlock) {
    const auto first = static_cast<uint32_t>(start);
    const int filled = static_cast<int>(std::min<size_t>(kBlock, count - start));
    firstWords(field, first, words);
    for (int i = 0; i < filled; i++) {
      const int level = levels[start + i];
      const PoissonRate& rate = rates.of(level);
      int32_t k = poissonFrom(rate, {words.w0[i], words.w1[i], words.w2[i], words.w3[i]});
      for (uint32_t round = 1; k == kRejected; round++) {
        k = poissonFrom(rate, poissonWords(field, first + i, round));
      }
      const float q = static_cast<float>(level) / 255.0f;
      noise[i] = scale * (static_cast<float>(k) * inverseVals - q);
    }
    for (int p = 0; p < planes; p++) addToPlane(image + p * count + start, noise, filled);
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
  Rates rates(frame, vals);
  for (size_t f = 0; f < fields; f++) {
    const NoiseField field{key.k0, key.k1, gray ? kGrayField : static_cast<uint32_t>(f),
                           NoiseOperator::poissonLarge, static_cast<uint32_t>(stage)};
    addField(image.data + f * plane, gray ? kChannels : 1, plane, levels + f * plane, rates, scale,
             field);
  }
}

}  // namespace evensr::cpu
