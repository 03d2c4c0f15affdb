// Speckle, and noise whose channels are correlated.
#include <algorithm>

#include "clones.h"
#include "cpu/normals.h"
#include "cpu/operators.h"
#include "math/noisy_pixel.h"

namespace evensr::cpu {
namespace {

constexpr int kChannels = 3;

NoiseField fieldOf(NoiseOperator use, uint32_t channel, NoiseKey key, int stage) {
  return {key.k0, key.k1, channel, use, static_cast<uint32_t>(stage)};
}

// x (1 + sigma n), one field, on `planes` planes of `count` pixels each.
EVENSR_CLONES void addSpeckleField(float* image, int planes, size_t count, float sigma,
                                   NoiseField field) {
  alignas(64) float normals[kNoiseBlock];
  for (size_t start = 0; start < count; start += kNoiseBlock) {
    normalsOf(field, start, normals);
    const int filled = static_cast<int>(std::min<size_t>(kNoiseBlock, count - start));
    for (int p = 0; p < planes; p++) {
      float* pixels = image + p * count + start;
      for (int i = 0; i < filled; i++) pixels[i] = withSpeckle(pixels[i], normals[i] * sigma);
    }
  }
}

// The three fields mixed by the symmetric matrix; `multiply`: times the image.
EVENSR_CLONES void addMixed(float* image, size_t count, const float* mix, float sigma,
                            bool multiply, const NoiseField* fields) {
  alignas(64) float n[kChannels][kNoiseBlock];
  const float m[kChannels][kChannels] = {
      {mix[0], mix[1], mix[2]}, {mix[1], mix[3], mix[4]}, {mix[2], mix[4], mix[5]}};
  for (size_t start = 0; start < count; start += kNoiseBlock) {
    for (int c = 0; c < kChannels; c++) normalsOf(fields[c], start, n[c]);
    const int filled = static_cast<int>(std::min<size_t>(kNoiseBlock, count - start));
    for (int c = 0; c < kChannels; c++) {
      const float a = m[c][0], b = m[c][1], d = m[c][2];
      float* pixels = image + c * count + start;
      for (int i = 0; i < filled; i++) {
        const float noise = mixedNoise(a, b, d, n[0][i], n[1][i], n[2][i], sigma);
        pixels[i] = multiply ? withSpeckle(pixels[i], noise) : withNoise(pixels[i], noise);
      }
    }
  }
}

void addCorrelated(ImageView image, float sigma255, const float* mix, bool multiply,
                   NoiseOperator use, NoiseKey key, int stage) {
  const NoiseField fields[kChannels] = {fieldOf(use, 0, key, stage), fieldOf(use, 1, key, stage),
                                        fieldOf(use, 2, key, stage)};
  addMixed(image.data, image.plane(), mix, sigma255 / 255.0f, multiply, fields);
}

}  // namespace

void addCorrelatedNoise(ImageView image, float sigma255, const float* mix, NoiseKey key,
                        int stage) {
  addCorrelated(image, sigma255, mix, false, NoiseOperator::gaussian, key, stage);
}

void addSpeckleNoise(ImageView image, float sigma255, NoiseChannels channels, const float* mix,
                     NoiseKey key, int stage) {
  constexpr auto use = NoiseOperator::speckle;
  const float sigma = sigma255 / 255.0f;
  const size_t plane = image.plane();
  switch (channels) {
    case NoiseChannels::correlated:
      addCorrelated(image, sigma255, mix, true, use, key, stage);
      break;
    case NoiseChannels::gray:
      addSpeckleField(image.data, kChannels, plane, sigma, fieldOf(use, kGrayField, key, stage));
      break;
    case NoiseChannels::colour:
      for (uint32_t c = 0; c < kChannels; c++) {
        addSpeckleField(image.data + c * plane, 1, plane, sigma, fieldOf(use, c, key, stage));
      }
      break;
  }
}

}  // namespace evensr::cpu
