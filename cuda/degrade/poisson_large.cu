// Poisson noise of a given number of photons at white: alias tables for small rates, rejection for
// others (math/poisson_large.h).
#include "degrade/noise_planes.cuh"
#include "degrade/poisson.h"
#include "gpu.cuh"
#include "math/pixel.h"
#include "math/poisson.h"
#include "math/poisson_large.h"

namespace evensr::cuda {
namespace {

constexpr int kLevels = 256, kLevelThreads = 32;

struct ValsItem {
  BlockRange blocks;
  float* image;
  int pixels;  // of a channel
  float scale;
  double vals;
  bool gray;
  NoiseField field;    // with channel 0
  AliasTable* tables;  // (256), of the levels whose rate is small
  PoissonRate* rates;  // (256), of the others
};

__device__ double rateOf(double vals, int level) { return vals * level / 255.0; }

// A level a thread.
__global__ void __launch_bounds__(kLevelThreads) fillDistributions(const ValsItem* items) {
  const ValsItem& item = items[blockIdx.y];
  const int level = static_cast<int>(blockIdx.x) * kLevelThreads + static_cast<int>(threadIdx.x);
  const double rate = rateOf(item.vals, level);
  if (rate < kSmallestRejectionRate) {
    item.tables[level] = aliasTable(poissonMasses(rate));
  } else {
    item.rates[level] = poissonRate(rate);
  }
}

// The pixels of a pair lie 64 apart (firstPoissonWords).
__device__ int pairedPixel(int pair, int second) {
  return pair / 64 * 128 + second * 64 + pair % 64;
}

__device__ int32_t draw(const ValsItem& item, const NoiseField& field, int level, int pixel,
                        uint32_t first, uint32_t second) {
  if (rateOf(item.vals, level) < kSmallestRejectionRate) {
    const AliasTable& table = item.tables[level];
    return table.smallest + aliasValue(table.slots[first >> 24], first);
  }
  const PoissonRate rate = item.rates[level];
  int32_t k = tryPoisson(rate, first, second);
  for (uint32_t round = 1; k == kRejected; round++) {
    k = retryPoisson(rate, field, static_cast<uint32_t>(pixel), round);
  }
  return k;
}

__device__ float quantised(float value) { return static_cast<float>(levelOf(value)) / 255.0f; }

// BSRGAN-plus's luma of an image in 8 bits, in 8 bits.
__device__ int lumaLevel(const float* image, size_t plane, int i) {
  const float r = quantised(image[i]), g = quantised(image[plane + i]);
  const float b = quantised(image[2 * plane + i]);
  return levelOf(0.299f * r + 0.587f * g + 0.114f * b);
}

__global__ void __launch_bounds__(kNoiseThreads) addPoissonVals(const ValsItem* items, int count) {
  const ValsItem& item = itemOf(items, count);
  const int pair = placeIn(item.blocks) * kNoiseThreads + static_cast<int>(threadIdx.x);
  const auto inverseVals = static_cast<float>(1 / item.vals);
  const size_t plane = item.pixels;
  NoiseField field = item.field;
  for (uint32_t c = 0; c < (item.gray ? 1u : 3u); c++) {
    field.field = item.gray ? kGrayField : c;
    const PhiloxBlock words = firstPoissonWords(field, static_cast<uint32_t>(pair));
    for (int second = 0; second < 2; second++) {
      const int i = pairedPixel(pair, second);
      if (i >= item.pixels) continue;
      float* values = item.image + c * plane + i;
      const int level = item.gray ? lumaLevel(item.image, plane, i) : levelOf(*values);
      const int32_t k =
          draw(item, field, level, i, second ? words.w2 : words.w0, second ? words.w3 : words.w1);
      const float q = static_cast<float>(level) / 255.0f;
      const float noise = item.scale * (static_cast<float>(k) * inverseVals - q);
      for (int p = 0; p < (item.gray ? 3 : 1); p++) {
        values[p * plane] = clamp01(quantised(values[p * plane]) + noise);
      }
    }
  }
}

}  // namespace

void addPoissonOfVals(Staging& staging, const std::vector<NoiseJob>& jobs) {
  if (jobs.empty()) return;
  std::vector<ValsItem> items;
  for (const NoiseJob& job : jobs) {
    const NoiseField field{job.key.k0, job.key.k1, 0, NoiseOperator::poissonLarge,
                           static_cast<uint32_t>(job.stage)};
    items.push_back({{},
                     job.image.data,
                     job.image.height * job.image.width,
                     job.parameters.level,
                     job.parameters.vals,
                     job.parameters.channels == NoiseChannels::gray,
                     field,
                     staging.room<AliasTable>(kLevels),
                     staging.room<PoissonRate>(kLevels)});
  }
  const int blocks = shareBlocks(items, [](const ValsItem& item) {
    return ceilDivide(ceilDivide(item.pixels, 128) * 64, kNoiseThreads);
  });
  const ValsItem* sent = staging.send(items);
  const int count = static_cast<int>(items.size());
  check(gpu::launch(fillDistributions, dim3(kLevels / kLevelThreads, count), dim3(kLevelThreads), 0,
                    staging.stream(), sent),
        "the kernel of Poisson distributions");
  check(gpu::launch(addPoissonVals, dim3(blocks), dim3(kNoiseThreads), 0, staging.stream(), sent,
                    count),
        "the kernel of Poisson noise");
}

}  // namespace evensr::cuda
