// Gaussian noise on the CPU; Poisson noise is in poisson.cc.
#include "math/noise.h"

#include <algorithm>

#include "clones.h"
#include "cpu/normals.h"
#include "cpu/operators.h"
#include "math/noisy_pixel.h"

namespace evensr::cpu {

namespace {

constexpr int kChannels = 3;

// Adds sigma times one normal field to `planes` planes of `count` pixels each, and clamps.
EVENSR_CLONES void addNormalField(float* image, int planes, size_t count, float sigma,
                                  NoiseField field) {
  alignas(64) float normals[kNoiseBlock];
  for (size_t start = 0; start < count; start += kNoiseBlock) {
    normalsOf(field, start, normals);
    const int filled = static_cast<int>(std::min<size_t>(kNoiseBlock, count - start));
    for (int p = 0; p < planes; p++) {
      float* pixels = image + p * count + start;
      for (int i = 0; i < filled; i++) pixels[i] = withNoise(pixels[i], normals[i] * sigma);
    }
  }
}

}  // namespace

void addGaussianNoise(ImageView image, float sigma255, bool gray, NoiseKey key, NoiseKey grayKey,
                      int stage) {
  const float sigma = sigma255 / 255.0f;
  const size_t plane = image.plane();
  const auto use = NoiseOperator::gaussian;
  const auto stageWord = static_cast<uint32_t>(stage);
  if (gray) {
    const NoiseField field{grayKey.k0, grayKey.k1, kGrayField, use, stageWord};
    addNormalField(image.data, kChannels, plane, sigma, field);
    return;
  }
  for (uint32_t c = 0; c < kChannels; c++) {
    const NoiseField field{key.k0, key.k1, c, use, stageWord};
    addNormalField(image.data + c * plane, 1, plane, sigma, field);
  }
}

}  // namespace evensr::cpu
