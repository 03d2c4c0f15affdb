// Gaussian noise and speckle.
#include "degrade/noise_planes.cuh"
#include "degrade/operators.h"
#include "degrade/poisson.h"
#include "gpu.cuh"
#include "math/pixel.h"

namespace evensr::cuda {
namespace {

struct NormalItem {
  BlockRange blocks;
  float* image;
  int pixels;  // of a channel
  float sigma;
  NoiseChannels channels;
  bool multiplies;  // speckle
  float mix[6];
  NoiseField field;  // of the gray field, or with channel 0
};

__device__ float noisy(bool multiplies, float value, float noise) {
  const float x = multiplies ? clamp01(value) : value;
  return clamp01(x + (multiplies ? x * noise : noise));
}

// Three planes, a field each, or one for all.
__device__ void addFields(const NormalItem& item, int group) {
  float n[4];
  NoiseField field = item.field;
  for (int c = 0; c < 3; c++) {
    if (item.channels == NoiseChannels::colour) field.field = static_cast<uint32_t>(c);
    if (c == 0 || item.channels == NoiseChannels::colour) normalsOfGroup(field, group, n);
    float* plane = item.image + static_cast<size_t>(c) * item.pixels;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const int i = noisePixel(group, j);
      if (i < item.pixels) plane[i] = noisy(item.multiplies, plane[i], n[j] * item.sigma);
    }
  }
}

// Three fields, mixed by a symmetric matrix.
__device__ void addMixed(const NormalItem& item, int group) {
  float n[3][4];
  NoiseField field = item.field;
#pragma unroll
  for (int c = 0; c < 3; c++) {
    field.field = static_cast<uint32_t>(c);
    normalsOfGroup(field, group, n[c]);
  }
  const float* m = item.mix;
  const float rows[3][3] = {{m[0], m[1], m[2]}, {m[1], m[3], m[4]}, {m[2], m[4], m[5]}};
#pragma unroll
  for (int c = 0; c < 3; c++) {
    float* plane = item.image + static_cast<size_t>(c) * item.pixels;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const int i = noisePixel(group, j);
      const float noise =
          (rows[c][0] * n[0][j] + rows[c][1] * n[1][j] + rows[c][2] * n[2][j]) * item.sigma;
      if (i < item.pixels) plane[i] = noisy(item.multiplies, plane[i], noise);
    }
  }
}

__global__ void __launch_bounds__(kNoiseThreads) addNormals(const NormalItem* items, int count) {
  const NormalItem& item = itemOf(items, count);
  const int group = placeIn(item.blocks) * kNoiseThreads + static_cast<int>(threadIdx.x);
  if (group >= noiseGroups(item.pixels)) return;
  if (item.channels == NoiseChannels::correlated) {
    addMixed(item, group);
  } else {
    addFields(item, group);
  }
}

NormalItem normalItem(const NoiseJob& job) {
  const NoiseParameters& p = job.parameters;
  const bool gray = p.channels == NoiseChannels::gray;
  const bool multiplies = p.type == NoiseType::speckle;
  // Batches of the reference share their gray Gaussian field, and no other.
  const NoiseKey key = gray && !multiplies ? job.grayKey : job.key;
  NormalItem item = {};
  item.image = job.image.data;
  item.pixels = job.image.height * job.image.width;
  item.sigma = p.level / 255.0f;
  item.channels = p.channels;
  item.multiplies = multiplies;
  for (int i = 0; i < 6; i++) item.mix[i] = p.mix[i];
  item.field = {key.k0, key.k1, gray ? kGrayField : 0u,
                multiplies ? NoiseOperator::speckle : NoiseOperator::gaussian,
                static_cast<uint32_t>(job.stage)};
  return item;
}

}  // namespace

void addNoise(Staging& staging, PoissonBank& bank, const NoiseJob* jobs, int count) {
  std::vector<NormalItem> normals;
  std::vector<NoiseJob> levels, given;
  for (int i = 0; i < count; i++) {
    const NoiseParameters& p = jobs[i].parameters;
    if (p.type != NoiseType::poisson) {
      normals.push_back(normalItem(jobs[i]));
    } else {
      (p.vals > 0 ? given : levels).push_back(jobs[i]);
    }
  }
  addPoissonOfLevels(staging, bank, levels);
  addPoissonOfVals(staging, given);
  if (normals.empty()) return;
  const int blocks =
      shareBlocks(normals, [](const NormalItem& item) { return noiseBlocks(item.pixels); });
  check(gpu::launch(addNormals, dim3(blocks), dim3(kNoiseThreads), 0, staging.stream(),
                    staging.send(normals), static_cast<int>(normals.size())),
        "the kernel of Gaussian noise");
}

}  // namespace evensr::cuda
