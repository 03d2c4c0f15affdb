// What Poisson noise has to know before it can be drawn: which levels an image has, or the
// distributions of the rates that follow from given photons at white.
#include "degrade/noise_item.h"
#include "degrade/noise_planes.cuh"
#include "degrade/poisson.h"
#include "gpu.cuh"
#include "math/noisy_pixel.h"

namespace evensr::cuda {
namespace {

constexpr int kWords = kLevels / 32;
constexpr int kGroupsPerThread = 4;  // spread the cost of gathering what the threads have seen
constexpr int kWarps = kNoiseThreads / 32;
constexpr int kRateBlocks = kLevels / kNoiseThreads;

// A set of levels in registers: no indexing by a level, which would put it into memory.
struct LevelSet {
  unsigned words[kWords] = {};
  __device__ __forceinline__ void add(int level) {
    const unsigned bit = 1u << (level % 32);
#pragma unroll
    for (int w = 0; w < kWords; w++) words[w] |= level / 32 == w ? bit : 0u;
  }
};

__device__ __forceinline__ void addLevels(const NoiseItem& item, int group, LevelSet& seen) {
  const size_t plane = item.pixels;
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const int i = noisePixel(group, j);
    if (i >= item.pixels) continue;
    const float r = item.image[i], g = item.image[plane + i], b = item.image[2 * plane + i];
    if (item.channels == NoiseChannels::gray) {
      seen.add(grayLevelOf(r, g, b));
    } else {
      seen.add(levelOf(r));
      seen.add(levelOf(g));
      seen.add(levelOf(b));
    }
  }
}

__device__ void markLevels(const NoiseItem& item, int place) {
  LevelSet seen;
  for (int k = 0; k < kGroupsPerThread; k++) {
    const int group =
        (place * kGroupsPerThread + k) * kNoiseThreads + static_cast<int>(threadIdx.x);
    if (group < noiseGroups(item.pixels)) addLevels(item, group, seen);
  }
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int w = 0; w < kWords; w++) {
    const unsigned word = __reduce_or_sync(0xffffffffu, seen.words[w]);
    if (lane == w && word != 0) atomicOr(&item.seen[w], word);
  }
}

struct TableWork {
  AliasWork work;
  uint32_t slots[kAliasSlots];
  int32_t smallest;
};

__device__ double rateOf(const NoiseItem& item, int level) { return item.vals * level / 255.0; }

// A table a warp. Filling one is a chain of steps that one lane takes, in shared memory: as arrays
// of the thread they would claim gigabytes, 7 KB for every thread that the device can hold.
__device__ void fillTable(const NoiseItem& item, int level) {
  __shared__ TableWork shared[kWarps];
  if (level >= item.tableCount) return;
  TableWork& own = shared[threadIdx.x / 32];
  const int lane = static_cast<int>(threadIdx.x) % 32;
  for (int i = lane; i < kAliasSlots; i += 32) own.work.left[i] = 0;
  __syncwarp();
  if (lane == 0) {
    own.smallest = fillPoissonMasses(rateOf(item, level), own.work.left);
    fillAliasSlots(own.work, own.slots);
  }
  __syncwarp();
  AliasTable& table = item.tables[level];
  for (int i = lane; i < kAliasSlots; i += 32) table.slots[i] = own.slots[i];
  if (lane == 0) table.smallest = own.smallest;
}

// The first blocks make the rates, the others the tables.
__device__ void fillDistributions(const NoiseItem& item, int place) {
  if (place >= kRateBlocks) {
    fillTable(item, (place - kRateBlocks) * kWarps + static_cast<int>(threadIdx.x) / 32);
    return;
  }
  const int level = place * kNoiseThreads + static_cast<int>(threadIdx.x);
  if (level >= item.tableCount) item.rates[level] = poissonRate(rateOf(item, level));
}

__global__ void __launch_bounds__(kNoiseThreads) prepare(const NoiseItem* items, int count) {
  const NoiseItem& item = itemOf(items, count);
  const int place = placeIn(item.blocks);
  if (item.vals > 0) {
    fillDistributions(item, place);
  } else {
    markLevels(item, place);
  }
}

int blocksFor(const NoiseItem& item) {
  return item.vals > 0 ? kRateBlocks + ceilDivide(item.tableCount, kWarps)
                       : ceilDivide(noiseGroups(item.pixels), kNoiseThreads * kGroupsPerThread);
}

}  // namespace

const cpu::PoissonTables* PoissonBank::tables(cudaStream_t stream) {
  constexpr int kExponents = 9;
  auto* tables = tables_.as<cpu::PoissonTables>();
  if (tables != nullptr) return tables;
  tables_.grow(kExponents * sizeof(cpu::PoissonTables));
  tables = tables_.as<cpu::PoissonTables>();
  for (int e = 0; e < kExponents; e++) {
    check(cudaMemcpyAsync(tables + e, &cpu::poissonTables(e), sizeof(cpu::PoissonTables),
                          cudaMemcpyHostToDevice, stream),
          "sending the Poisson tables");
  }
  return tables;
}

void preparePoisson(Staging& staging, std::vector<NoiseItem>& items) {
  if (items.empty()) return;
  auto* seen = const_cast<unsigned*>(staging.send(std::vector<unsigned>(items.size() * kWords, 0)));
  for (NoiseItem& item : items) {
    item.seen = seen;
    seen += kWords;
    if (item.vals == 0) continue;
    while (item.tableCount < kLevels &&
           item.vals * item.tableCount / 255.0 < kSmallestRejectionRate) {
      item.tableCount++;
    }
    item.tables = staging.room<AliasTable>(item.tableCount);
    item.rates = staging.room<PoissonRate>(kLevels);
  }
  const int blocks = shareBlocks(items, blocksFor);
  check(gpu::launch(prepare, dim3(blocks), dim3(kNoiseThreads), 0, staging.stream(),
                    staging.send(items), static_cast<int>(items.size())),
        "the kernel of Poisson levels and rates");
}

}  // namespace evensr::cuda
