// Poisson noise of a given number of photons at white: alias tables for small rates, rejection for
// others (math/poisson_large.h).
#include "degrade/noise_item.h"
#include "degrade/noise_planes.cuh"
#include "degrade/poisson.h"
#include "gpu.cuh"
#include "math/noisy_pixel.h"

namespace evensr::cuda {
namespace {

// The pixels of a pair lie 64 apart (firstPoissonWords).
__device__ int pairedPixel(int pair, int second) {
  return pair / 64 * 128 + second * 64 + pair % 64;
}

int pairsOf(int pixels) { return ceilDivide(pixels, 128) * 64; }

__device__ int32_t draw(const NoiseItem& item, const NoiseField& field, int level, int pixel,
                        uint32_t first, uint32_t second) {
  if (level < item.tableCount) {
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

// Beside the noise, an image gets 8 bits, and gray follows the luma of those.
__global__ void __launch_bounds__(kNoiseThreads) addPhotons(const NoiseItem* items, int count) {
  const NoiseItem& item = itemOf(items, count);
  const int pair = placeIn(item.blocks) * kNoiseThreads + static_cast<int>(threadIdx.x);
  const auto inverseVals = static_cast<float>(1 / item.vals);
  const bool gray = item.channels == NoiseChannels::gray;
  const size_t plane = item.pixels;
  NoiseField field = item.field;
  for (int c = 0; c < (gray ? 1 : 3); c++, field.field++) {
    const PhiloxBlock words = firstPoissonWords(field, static_cast<uint32_t>(pair));
    for (int second = 0; second < 2; second++) {
      const int i = pairedPixel(pair, second);
      if (i >= item.pixels) continue;
      float* value = item.image + c * plane + i;
      float q[3];
      for (int p = 0; p < (gray ? 3 : 1); p++) q[p] = quantised(value[p * plane]);
      const int level = gray ? lumaLevelOf(q[0], q[1], q[2]) : levelOf(*value);
      const int32_t k =
          draw(item, field, level, i, second ? words.w2 : words.w0, second ? words.w3 : words.w1);
      const float noise = photonNoise(level, k, inverseVals, item.level);
      for (int p = 0; p < (gray ? 3 : 1); p++) value[p * plane] = withNoise(q[p], noise);
    }
  }
}

}  // namespace

void addPoissonOfVals(Staging& staging, std::vector<NoiseItem> items) {
  if (items.empty()) return;
  const int blocks = shareBlocks(
      items, [](const NoiseItem& item) { return ceilDivide(pairsOf(item.pixels), kNoiseThreads); });
  check(gpu::launch(addPhotons, dim3(blocks), dim3(kNoiseThreads), 0, staging.stream(),
                    staging.send(items), static_cast<int>(items.size())),
        "the kernel of Poisson noise of given photons");
}

}  // namespace evensr::cuda
