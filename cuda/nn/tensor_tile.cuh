// Tiles of activations in shared memory, as tensor cores read them.
//
// A block looks at 16 x 8 pixels and what lies around them. Values are rounded to bfloat16 on the
// way into shared memory; a pixel's 16 channels take 48 bytes, so that the eight rows of a matrix
// that ldmatrix reads lie in different banks.
#pragma once

#include "gpu.cuh"
#include "nn/epilogue.cuh"

namespace evensr::cuda {

constexpr int kTileWidth = 16, kTileHeight = 8, kTilePixels = kTileWidth * kTileHeight;
constexpr int kHaloWidth = kTileWidth + 2, kHaloHeight = kTileHeight + 2;
constexpr int kHaloPixels = kHaloWidth * kHaloHeight;
constexpr int kChunk = 16;       // channels at a time: the depth of one product
constexpr int kPixelPitch = 24;  // in bfloat16
constexpr int kTensorThreads = 128;

// Sizes of what a convolution reads and of the tiles that cover it.
struct TileGrid {
  int n, height, width;
  __host__ __device__ int across() const { return (width + kTileWidth - 1) / kTileWidth; }
  __host__ __device__ int down() const { return (height + kTileHeight - 1) / kTileHeight; }
  __host__ __device__ int perSample() const { return across() * down(); }
};

struct TilePlace {
  int sample, top, left;
  __device__ TilePlace(const TileGrid& grid, int tile) {
    sample = tile / grid.perSample();
    const int own = tile % grid.perSample();
    top = own / grid.across() * kTileHeight;
    left = own % grid.across() * kTileWidth;
  }
};

__device__ __forceinline__ uint32_t packPair(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  uint32_t bits;
  memcpy(&bits, &pair, sizeof bits);
  return bits;
}

// Channels first .. first + 3 of a pixel, 0 where there are none.
template <bool Vectors>
__device__ __forceinline__ float4 loadFour(const Pixels& from, size_t pixel, int first,
                                           int channels) {
  const float* at = from.data + pixel * from.stride + first;
  if (Vectors && first + 4 <= channels) return *reinterpret_cast<const float4*>(at);
  float4 values = {0, 0, 0, 0};
  if (first < channels) values.x = at[0];
  if (first + 1 < channels) values.y = at[1];
  if (first + 2 < channels) values.z = at[2];
  if (first + 3 < channels) values.w = at[3];
  return values;
}

// A chunk of channels of the halo tile on its way from global to shared memory: read into registers
// before the products of the chunk before it, stored after them.
template <bool Vectors>
class HaloLoader {
 public:
  __device__ __forceinline__ void read(const TileGrid& grid, const TilePlace& place,
                                       const Pixels& from, int firstChannel, int channels) {
#pragma unroll
    for (int k = 0; k < kEach; k++) {
      const int item = static_cast<int>(threadIdx.x) + k * kTensorThreads;
      values_[k] = {0, 0, 0, 0};
      if (item >= kItems) break;
      const int pixel = item / kQuarters, first = firstChannel + item % kQuarters * 4;
      const int y = place.top + pixel / kHaloWidth - 1, x = place.left + pixel % kHaloWidth - 1;
      if (y < 0 || y >= grid.height || x < 0 || x >= grid.width) continue;
      const size_t at = (static_cast<size_t>(place.sample) * grid.height + y) * grid.width + x;
      values_[k] = loadFour<Vectors>(from, at, first, channels);
    }
  }
  // `tile` has kHaloPixels x kPixelPitch places.
  __device__ __forceinline__ void store(uint16_t* tile) const {
#pragma unroll
    for (int k = 0; k < kEach; k++) {
      const int item = static_cast<int>(threadIdx.x) + k * kTensorThreads;
      if (item >= kItems) break;
      auto* to =
          reinterpret_cast<uint2*>(tile + item / kQuarters * kPixelPitch + item % kQuarters * 4);
      *to = {packPair(values_[k].x, values_[k].y), packPair(values_[k].z, values_[k].w)};
    }
  }

 private:
  static constexpr int kQuarters = kChunk / 4, kItems = kHaloPixels * kQuarters;
  static constexpr int kEach = (kItems + kTensorThreads - 1) / kTensorThreads;
  float4 values_[kEach];
};

// Whether four channels from any multiple of four on can be read at once.
inline bool takesVectors(const Pixels& pixels) {
  return reinterpret_cast<uintptr_t>(pixels.data) % 16 == 0 && pixels.stride % 4 == 0;
}

}  // namespace evensr::cuda
