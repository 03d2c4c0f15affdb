// Gaussian noise, speckle, and Poisson noise by an image's levels: one kernel for all. A thread
// reads and writes each value of its four pixels once; nothing else of an image is touched.
#include "degrade/noise_item.h"
#include "degrade/noise_planes.cuh"
#include "degrade/operators.h"
#include "degrade/poisson.h"
#include "gpu.cuh"
#include "math/noisy_pixel.h"

namespace evensr::cuda {
namespace {

using cpu::PoissonTables;

__device__ __forceinline__ float noisy(NoiseType type, float value, float noise) {
  return type == NoiseType::speckle ? withSpeckle(value, noise) : withNoise(value, noise);
}

// A field for each of the planes, or one for all.
__device__ void addFields(const NoiseItem& item, int group) {
  float n[4];
  NoiseField field = item.field;
  const bool colour = item.channels == NoiseChannels::colour;
  for (int c = 0; c < 3; c++, field.field++) {
    float* plane = item.image + static_cast<size_t>(c) * item.pixels;
    float values[4];
    loadGroup(plane, item.pixels, group, values);
    if (c == 0 || colour) normalsOfGroup(field, group, n);
#pragma unroll
    for (int j = 0; j < 4; j++) values[j] = noisy(item.type, values[j], n[j] * item.level);
    storeGroup(values, item.pixels, group, plane);
  }
}

// Three fields, mixed by a symmetric matrix.
__device__ void addMixed(const NoiseItem& item, int group) {
  float n[3][4];
  NoiseField field = item.field;
#pragma unroll
  for (int c = 0; c < 3; c++, field.field++) normalsOfGroup(field, group, n[c]);
#pragma unroll
  for (int c = 0; c < 3; c++) {
    float* plane = item.image + static_cast<size_t>(c) * item.pixels;
    const float* m = item.mix[c];
    float values[4];
    loadGroup(plane, item.pixels, group, values);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const float noise = mixedNoise(m[0], m[1], m[2], n[0][j], n[1][j], n[2][j], item.level);
      values[j] = noisy(item.type, values[j], noise);
    }
    storeGroup(values, item.pixels, group, plane);
  }
}

// log2 of the number of levels that were seen, rounded up: 0 .. 8.
__device__ int valsExponent(const unsigned* seen) {
  int distinct = 0, exponent = 0;
#pragma unroll
  for (int i = 0; i < kLevels / 32; i++) distinct += __popc(seen[i]);
  while ((1 << exponent) < distinct) exponent++;
  return exponent;
}

struct PhotonNoise {
  const PoissonTables& tables;
  float inverseVals, scale;
  __device__ __forceinline__ float operator()(int level, uint32_t word) const {
    const uint32_t slot = tables.slots[level][word >> 24];
    const int32_t k = tables.smallest[level] + aliasValue(slot, word);
    return photonNoise(level, k, inverseVals, scale);
  }
};

__device__ void addPhotonsOfColours(const NoiseItem& item, const PhotonNoise& noise, int group) {
  NoiseField field = item.field;
  for (int c = 0; c < 3; c++, field.field++) {
    float* plane = item.image + static_cast<size_t>(c) * item.pixels;
    float values[4];
    loadGroup(plane, item.pixels, group, values);
    const PhiloxBlock block = noiseWords(field, static_cast<uint32_t>(group));
    const uint32_t words[4] = {block.w0, block.w1, block.w2, block.w3};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      values[j] = withNoise(values[j], noise(levelOf(values[j]), words[j]));
    }
    storeGroup(values, item.pixels, group, plane);
  }
}

__device__ void addGrayPhotons(const NoiseItem& item, const PhotonNoise& noise, int group) {
  const size_t plane = item.pixels;
  float values[3][4];
#pragma unroll
  for (int c = 0; c < 3; c++) loadGroup(item.image + c * plane, item.pixels, group, values[c]);
  const PhiloxBlock block = noiseWords(item.field, static_cast<uint32_t>(group));
  const uint32_t words[4] = {block.w0, block.w1, block.w2, block.w3};
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const float n = noise(grayLevelOf(values[0][j], values[1][j], values[2][j]), words[j]);
#pragma unroll
    for (int c = 0; c < 3; c++) values[c][j] = withNoise(values[c][j], n);
  }
#pragma unroll
  for (int c = 0; c < 3; c++) storeGroup(values[c], item.pixels, group, item.image + c * plane);
}

__device__ void addPhotons(const NoiseItem& item, const PoissonTables* tables, int group) {
  const int exponent = valsExponent(item.seen);
  const PhotonNoise noise{tables[exponent], 1.0f / static_cast<float>(1 << exponent), item.level};
  if (item.channels == NoiseChannels::gray) {
    addGrayPhotons(item, noise, group);
  } else {
    addPhotonsOfColours(item, noise, group);
  }
}

__global__ void __launch_bounds__(kNoiseThreads)
    addNoiseOf(const NoiseItem* items, int count, const PoissonTables* tables) {
  const NoiseItem& item = itemOf(items, count);
  const int group = placeIn(item.blocks) * kNoiseThreads + static_cast<int>(threadIdx.x);
  if (group >= noiseGroups(item.pixels)) return;
  if (item.type == NoiseType::poisson) {
    addPhotons(item, tables, group);
  } else if (item.channels == NoiseChannels::correlated) {
    addMixed(item, group);
  } else {
    addFields(item, group);
  }
}

NoiseOperator operatorOf(const NoiseParameters& p) {
  switch (p.type) {
    case NoiseType::gaussian:
      return NoiseOperator::gaussian;
    case NoiseType::speckle:
      return NoiseOperator::speckle;
    case NoiseType::poisson:
      break;
  }
  return p.vals > 0 ? NoiseOperator::poissonLarge : NoiseOperator::poisson;
}

NoiseItem noiseItem(const NoiseJob& job) {
  const NoiseParameters& p = job.parameters;
  const bool gray = p.channels == NoiseChannels::gray;
  // Batches of the reference share their gray Gaussian field, and no other.
  const NoiseKey key = gray && p.type == NoiseType::gaussian ? job.grayKey : job.key;
  NoiseItem item = {};
  item.image = job.image.data;
  item.pixels = job.image.height * job.image.width;
  item.type = p.type;
  item.channels = p.channels;
  item.level = p.type == NoiseType::poisson ? p.level : p.level / 255.0f;
  const float* m = p.mix;
  const float mix[3][3] = {{m[0], m[1], m[2]}, {m[1], m[3], m[4]}, {m[2], m[4], m[5]}};
  for (int c = 0; c < 3; c++) {
    for (int d = 0; d < 3; d++) item.mix[c][d] = mix[c][d];
  }
  item.field = {key.k0, key.k1, gray ? kGrayField : 0u, operatorOf(p),
                static_cast<uint32_t>(job.stage)};
  item.vals = p.type == NoiseType::poisson && p.vals > 0 ? p.vals : 0;
  return item;
}

}  // namespace

// At most three launches: levels and rates, noise, noise of given photons.
void addNoise(Staging& staging, PoissonBank& bank, const NoiseJob* jobs, int count) {
  std::vector<NoiseItem> plain, poisson, given;
  for (int i = 0; i < count; i++) {
    const NoiseItem item = noiseItem(jobs[i]);
    (item.type == NoiseType::poisson ? poisson : plain).push_back(item);
  }
  preparePoisson(staging, poisson);
  for (const NoiseItem& item : poisson) (item.vals > 0 ? given : plain).push_back(item);
  addPoissonOfVals(staging, given);
  if (plain.empty()) return;
  const PoissonTables* tables = poisson.empty() ? nullptr : bank.tables(staging.stream());
  const int blocks =
      shareBlocks(plain, [](const NoiseItem& item) { return noiseBlocks(item.pixels); });
  check(gpu::launch(addNoiseOf, dim3(blocks), dim3(kNoiseThreads), 0, staging.stream(),
                    staging.send(plain), static_cast<int>(plain.size()), tables),
        "the kernel of noise");
}

}  // namespace evensr::cuda
