// Correlation of tiles with small kernels, the common part of blur and USM. Every sum starts at 0
// and takes one fma a tap, in the order of native/cpu/convolve.h; taps that are 0 may be left out.
//
// A thread keeps eight neighbouring sums. In shared memory, rows of an odd number of floats lie so
// that a warp, four eights wide and eight rows high, reads from 32 different banks.
#pragma once

#include <cuda_runtime.h>

#include "math/reflect.h"

namespace evensr::cuda {

constexpr int kTileWidth = 64;
constexpr int kOutputs = 8;  // neighbouring sums that one thread keeps
constexpr int kGroupsAcross = kTileWidth / kOutputs;

__host__ __device__ constexpr int oddPitch(int floats) { return floats | 1; }

// The first of this thread's eight columns, and its row among those that the block's threads cover
// at once.
struct Eight {
  int left, row;
  __device__ Eight() {
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    left = (warp % 2 * 4 + lane % 4) * kOutputs;
    row = warp / 2 * 8 + lane / 4;
  }
};

// sum[j] += taps[0] in[j Step] + taps[1] in[(j + 1) Step] + ..., the window kept in registers.
// Reads nothing behind in[(size + 6) Step].
template <int Step>
__device__ __forceinline__ void slide(const float* taps, int size, const float* in,
                                      float (&sum)[kOutputs]) {
  float window[kOutputs];
#pragma unroll
  for (int j = 0; j < kOutputs - 1; j++) window[j] = in[j * Step];
  const auto take = [&](int u) {
    window[(u + kOutputs - 1) % kOutputs] = in[(u + kOutputs - 1) * Step];
    const float tap = taps[u];
#pragma unroll
    for (int j = 0; j < kOutputs; j++) sum[j] = fmaf(tap, window[(u + j) % kOutputs], sum[j]);
  };
  for (; size >= kOutputs; size -= kOutputs, taps += kOutputs, in += kOutputs * Step) {
#pragma unroll
    for (int u = 0; u < kOutputs; u++) take(u);
  }
#pragma unroll
  for (int u = 0; u < kOutputs - 1; u++) {
    if (u < size) take(u);
  }
}

// Part of an image plane in shared memory: row r, column c of it show the image's row top + r and
// column left + c, reflected at its borders. load(y, x): a value of the image, (height, width).
template <int Threads, class Load>
__device__ __forceinline__ void loadReflected(float* shared, int pitch, int rows, int columns,
                                              int top, int left, int height, int width,
                                              Load&& load) {
  for (int r = static_cast<int>(threadIdx.x) / 32; r < rows; r += Threads / 32) {
    const int y = reflect(top + r, height);
    for (int c = static_cast<int>(threadIdx.x) % 32; c < columns; c += 32) {
      shared[r * pitch + c] = load(y, reflect(left + c, width));
    }
  }
}

// Some taps in a row, of which the first lies `before` pixels before the centre.
struct TapRow {
  const float* taps;
  int size, before;
};

// A tile of kTileWidth x Height correlated with column row^T: along the rows first, then down the
// columns.
template <int Height, int Threads, int MaxSize>
struct SeparableTile {
  static constexpr int kGroup = Threads / kGroupsAcross;  // rows of the first pass at once
  static constexpr int kStagePitch = oddPitch(kTileWidth + MaxSize - 1);
  static constexpr int kRowPitch = oddPitch(kTileWidth);
  static constexpr int kStage = kGroup * kStagePitch;
  // The last rows of the second pass read below the tile where it is not full.
  static constexpr int kFloats = kStage + (Height + MaxSize - 1) * kRowPitch;
  static_assert(Threads % kTileWidth == 0 && Threads % 64 == 0, "a column a thread, eights");
  static_assert(Height % kOutputs == 0, "eights");

  // load(y, x): a value of the image, (height, width); store(y, x, sum): of a pixel of it. `shared`
  // has kFloats places; it may be used for something else after a barrier.
  template <class Load, class Store>
  static __device__ __forceinline__ void run(float* shared, const TapRow& row, int top, int left,
                                             int height, int width, Load&& load, Store&& store) {
    float* rows = shared + kStage;
    const int outRows = height - top < Height ? height - top : Height;
    const int inRows = outRows + row.size - 1;
    const Eight eight;
    for (int first = 0; first < inRows; first += kGroup) {
      const int group = inRows - first < kGroup ? inRows - first : kGroup;
      loadReflected<Threads>(shared, kStagePitch, group, kTileWidth + row.size - 1,
                             top + first - row.before, left - row.before, height, width, load);
      __syncthreads();
      if (eight.row < group) {
        float sum[kOutputs] = {};
        slide<1>(row.taps, row.size, shared + eight.row * kStagePitch + eight.left, sum);
        float* out = rows + (first + eight.row) * kRowPitch + eight.left;
#pragma unroll
        for (int j = 0; j < kOutputs; j++) out[j] = sum[j];
      }
      __syncthreads();
    }
    const int x = static_cast<int>(threadIdx.x) % kTileWidth;
    if (left + x >= width) return;
    for (int y = static_cast<int>(threadIdx.x) / kTileWidth * kOutputs; y < outRows;
         y += Threads / kTileWidth * kOutputs) {
      float sum[kOutputs] = {};
      slide<kRowPitch>(row.taps, row.size, rows + y * kRowPitch + x, sum);
#pragma unroll
      for (int j = 0; j < kOutputs; j++) {
        if (y + j < outRows) store(top + y + j, left + x, sum[j]);
      }
    }
  }
};

}  // namespace evensr::cuda
