// Correlation of tiles with small kernels, the common part of blur and USM. Every sum starts at 0
// and takes one fma a tap, in the order of native/cpu/convolve.h.
#pragma once

#include <cuda_runtime.h>

#include "math/reflect.h"

namespace evensr::cuda {

constexpr int kTileWidth = 64;
constexpr int kOutputs = 8;  // neighbouring sums that one thread keeps

// Threads whose columns lie 8 apart read from different banks of shared memory.
__host__ __device__ constexpr int skewed(int x) { return x + x / 8; }

// sum[j] += taps[0] at(j) + taps[1] at(j + 1) + ..., the window kept in registers.
template <class At>
__device__ __forceinline__ void slide(const float* taps, int size, At&& at,
                                      float (&sum)[kOutputs]) {
  float window[kOutputs];
#pragma unroll
  for (int j = 0; j < kOutputs - 1; j++) window[j] = at(j);
  for (int k = 0; k < size; k += kOutputs) {
#pragma unroll
    for (int u = 0; u < kOutputs; u++) {
      if (k + u < size) {
        window[(u + kOutputs - 1) % kOutputs] = at(k + u + kOutputs - 1);
        const float tap = taps[k + u];
#pragma unroll
        for (int j = 0; j < kOutputs; j++) {
          sum[j] = fmaf(tap, window[(u + j) % kOutputs], sum[j]);
        }
      }
    }
  }
}

// A tile of kTileWidth x Height correlated with column row^T: rows first, then columns.
template <int Height, int Threads, int MaxSize>
struct SeparableTile {
  static constexpr int kGroup = Threads / kOutputs;  // rows that go through the first pass at once
  static constexpr int kStagePitch = skewed(kTileWidth + MaxSize - 1) + 1;
  static constexpr int kRowPitch = skewed(kTileWidth);
  static constexpr int kStage = kGroup * kStagePitch;
  static constexpr int kFloats = kStage + (Height + MaxSize - 1) * kRowPitch;
  static_assert(Threads % kTileWidth == 0, "a column a thread");

  // load(y, x): a value of the image, (height, width); store(y, x, sum): of a pixel of it. `shared`
  // has kFloats places; it may be used for something else after a barrier.
  template <class Load, class Store>
  static __device__ __forceinline__ void run(float* shared, const float* taps, int size, int top,
                                             int left, int height, int width, Load&& load,
                                             Store&& store) {
    float* rows = shared + kStage;
    const int radius = size / 2, thread = static_cast<int>(threadIdx.x);
    const int outRows = height - top < Height ? height - top : Height;
    const int inRows = outRows + size - 1, span = kTileWidth + size - 1;
    for (int first = 0; first < inRows; first += kGroup) {
      const int group = inRows - first < kGroup ? inRows - first : kGroup;
      for (int i = thread; i < group * span; i += Threads) {
        const int r = i / span, x = i % span;
        shared[r * kStagePitch + skewed(x)] =
            load(reflect(top + first + r - radius, height), reflect(left + x - radius, width));
      }
      __syncthreads();
      const int r = thread / kOutputs, x = thread % kOutputs * kOutputs;
      if (r < group) {
        float sum[kOutputs] = {};
        const float* row = shared + r * kStagePitch;
        slide(
            taps, size, [&](int i) { return row[skewed(x + i)]; }, sum);
#pragma unroll
        for (int j = 0; j < kOutputs; j++) rows[(first + r) * kRowPitch + skewed(x + j)] = sum[j];
      }
      __syncthreads();
    }
    const int x = thread % kTileWidth;
    if (left + x >= width) return;
    for (int y = thread / kTileWidth * kOutputs; y < outRows;
         y += Threads / kTileWidth * kOutputs) {
      float sum[kOutputs] = {};
      const float* column = rows + y * kRowPitch + skewed(x);
      slide(
          taps, size, [&](int i) { return column[i * kRowPitch]; }, sum);
#pragma unroll
      for (int j = 0; j < kOutputs; j++) {
        if (y + j < outRows) store(top + y + j, left + x, sum[j]);
      }
    }
  }
};

}  // namespace evensr::cuda
