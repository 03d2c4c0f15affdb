// Which thread draws which numbers: thread t of a plane has the four pixels of group t
// (math/noise.h), so that neighbours read and write neighbouring pixels.
#pragma once

#include "degrade/tiles.cuh"
#include "math/noise.h"

namespace evensr::cuda {

constexpr int kNoiseThreads = 128;

// Groups of four pixels in a plane, and blocks for them.
__host__ __device__ inline int noiseGroups(int pixels) {
  return (pixels + kNoiseBlock - 1) / kNoiseBlock * kNoiseLanes;
}
inline int noiseBlocks(int pixels) { return ceilDivide(noiseGroups(pixels), kNoiseThreads); }

// Pixel j of a group.
__device__ inline int noisePixel(int group, int j) {
  return group / kNoiseLanes * kNoiseBlock + j * kNoiseLanes + group % kNoiseLanes;
}

// The values of a group's pixels in a plane of `pixels`; 0 beyond its end.
__device__ __forceinline__ void loadGroup(const float* plane, int pixels, int group,
                                          float (&values)[4]) {
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const int i = noisePixel(group, j);
    values[j] = i < pixels ? plane[i] : 0.0f;
  }
}

__device__ __forceinline__ void storeGroup(const float (&values)[4], int pixels, int group,
                                           float* plane) {
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const int i = noisePixel(group, j);
    if (i < pixels) plane[i] = values[j];
  }
}

// The normal numbers of a group's four pixels.
__device__ __forceinline__ void normalsOfGroup(const NoiseField& field, int group,
                                               float (&normals)[4]) {
  const PhiloxBlock words = noiseWords(field, static_cast<uint32_t>(group));
  const NormalPair first = boxMuller(words.w0, words.w1), second = boxMuller(words.w2, words.w3);
  normals[0] = first.first, normals[1] = first.second;
  normals[2] = second.first, normals[3] = second.second;
}

}  // namespace evensr::cuda
