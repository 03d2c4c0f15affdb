// Poisson noise whose rates follow from the number of different levels.
#include "cpu/poisson_tables.h"
#include "degrade/noise_planes.cuh"
#include "degrade/poisson.h"
#include "gpu.cuh"
#include "math/pixel.h"

namespace evensr::cuda {
namespace {

using cpu::kLevels;
using cpu::PoissonTables;

constexpr int kExponents = 9;

struct PoissonItem {
  BlockRange blocks;
  float* image;
  int pixels;  // of a channel
  float scale;
  bool gray;
  NoiseField field;  // with channel 0
  unsigned* seen;    // a bit a level
};

// Luma with the weights of the reference (BT.601, 0.2989 for red).
__device__ float luma(float r, float g, float b) { return 0.2989f * r + 0.587f * g + 0.114f * b; }

__device__ float grayAt(const PoissonItem& item, int i) {
  const size_t plane = item.pixels;
  return luma(item.image[i], item.image[plane + i], item.image[2 * plane + i]);
}

__global__ void __launch_bounds__(kNoiseThreads) markLevels(const PoissonItem* items, int count) {
  __shared__ unsigned seen[kLevels / 32];
  const PoissonItem& item = itemOf(items, count);
  if (threadIdx.x < kLevels / 32) seen[threadIdx.x] = 0;
  __syncthreads();
  const int group = placeIn(item.blocks) * kNoiseThreads + static_cast<int>(threadIdx.x);
  const auto mark = [&](int level) { atomicOr(&seen[level / 32], 1u << level % 32); };
  for (int j = 0; j < 4 && group < noiseGroups(item.pixels); j++) {
    const int i = noisePixel(group, j);
    if (i >= item.pixels) continue;
    if (item.gray) {
      mark(levelOf(grayAt(item, i)));
      continue;
    }
    for (int c = 0; c < 3; c++) {
      mark(levelOf(item.image[static_cast<size_t>(c) * item.pixels + i]));
    }
  }
  __syncthreads();
  if (threadIdx.x < kLevels / 32 && seen[threadIdx.x] != 0) {
    atomicOr(&item.seen[threadIdx.x], seen[threadIdx.x]);
  }
}

// log2 of the number of different levels, rounded up.
__device__ int valsExponent(const unsigned* seen) {
  int distinct = 0, exponent = 0;
  for (int i = 0; i < kLevels / 32; i++) distinct += __popc(seen[i]);
  while ((1 << exponent) < distinct) exponent++;
  return exponent;
}

__global__ void __launch_bounds__(kNoiseThreads)
    addPoisson(const PoissonItem* items, int count, const PoissonTables* tables) {
  const PoissonItem& item = itemOf(items, count);
  const int group = placeIn(item.blocks) * kNoiseThreads + static_cast<int>(threadIdx.x);
  if (group >= noiseGroups(item.pixels)) return;
  const int exponent = valsExponent(item.seen);
  const PoissonTables& table = tables[exponent];
  const float inverseVals = 1.0f / static_cast<float>(1 << exponent);
  const auto noiseOf = [&](int level, uint32_t word) {
    const int32_t k = table.smallest[level] + aliasValue(table.slots[level][word >> 24], word);
    const float q = static_cast<float>(level) / 255.0f;
    return item.scale * (static_cast<float>(k) * inverseVals - q);
  };
  NoiseField field = item.field;
  for (uint32_t c = 0; c < (item.gray ? 1u : 3u); c++) {
    field.field = item.gray ? kGrayField : c;
    const PhiloxBlock block = noiseWords(field, static_cast<uint32_t>(group));
    const uint32_t words[4] = {block.w0, block.w1, block.w2, block.w3};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const int i = noisePixel(group, j);
      if (i >= item.pixels) continue;
      float* pixel = item.image + static_cast<size_t>(c) * item.pixels + i;
      if (!item.gray) {
        *pixel = clamp01(*pixel + noiseOf(levelOf(*pixel), words[j]));
        continue;
      }
      const float noise = noiseOf(levelOf(grayAt(item, i)), words[j]);
      for (int p = 0; p < 3; p++) {
        float* value = pixel + static_cast<size_t>(p) * item.pixels;
        *value = clamp01(*value + noise);
      }
    }
  }
}

}  // namespace

const void* PoissonBank::tables(cudaStream_t stream) {
  if (tables_.bytes() > 0) return tables_.as<void>();
  tables_.grow(kExponents * sizeof(PoissonTables));
  for (int e = 0; e < kExponents; e++) {
    check(cudaMemcpyAsync(tables_.as<PoissonTables>() + e, &cpu::poissonTables(e),
                          sizeof(PoissonTables), cudaMemcpyHostToDevice, stream),
          "sending the Poisson tables");
  }
  return tables_.as<void>();
}

void addPoissonOfLevels(Staging& staging, PoissonBank& bank, const std::vector<NoiseJob>& jobs) {
  if (jobs.empty()) return;
  auto* seen =
      const_cast<unsigned*>(staging.send(std::vector<unsigned>(jobs.size() * (kLevels / 32), 0)));
  std::vector<PoissonItem> items;
  for (const NoiseJob& job : jobs) {
    const NoiseField field{job.key.k0, job.key.k1, 0, NoiseOperator::poisson,
                           static_cast<uint32_t>(job.stage)};
    items.push_back({{},
                     job.image.data,
                     job.image.height * job.image.width,
                     job.parameters.level,
                     job.parameters.channels == NoiseChannels::gray,
                     field,
                     seen + items.size() * (kLevels / 32)});
  }
  const int blocks =
      shareBlocks(items, [](const PoissonItem& item) { return noiseBlocks(item.pixels); });
  const PoissonItem* sent = staging.send(items);
  const auto* tables = static_cast<const PoissonTables*>(bank.tables(staging.stream()));
  const int count = static_cast<int>(items.size());
  check(
      gpu::launch(markLevels, dim3(blocks), dim3(kNoiseThreads), 0, staging.stream(), sent, count),
      "the kernel of Poisson levels");
  check(gpu::launch(addPoisson, dim3(blocks), dim3(kNoiseThreads), 0, staging.stream(), sent, count,
                    tables),
        "the kernel of Poisson noise");
}

}  // namespace evensr::cuda
