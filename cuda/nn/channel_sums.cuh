// Sums over the pixels of activations, a pair for each channel: in double, in parts that the shape
// alone decides, so that the same bits come out of every run.
#pragma once

#include "gpu.cuh"
#include "nn/scratch.h"

namespace evensr::cuda {

struct ChannelSums {
  double a, b;
};

constexpr int kSumColumns = 32, kSumRows = 8;

// Part blockIdx.x of the pixels of segment blockIdx.z, 32 channels.
template <class Terms>
__global__ void __launch_bounds__(kSumColumns* kSumRows, 4)
    sumChannelParts(const __grid_constant__ Terms terms, size_t pixels, int channels, int parts,
                    ChannelSums* sums) {
  __shared__ ChannelSums rows[kSumRows][kSumColumns];
  const int column = static_cast<int>(threadIdx.x) % kSumColumns;
  const int row = static_cast<int>(threadIdx.x) / kSumColumns;
  const int c = static_cast<int>(blockIdx.y) * kSumColumns + column;
  const auto segment = static_cast<int>(blockIdx.z);
  ChannelSums sum = {0, 0};
  if (c < channels) {
    const size_t last = pixels * (blockIdx.x + 1) / parts;
#pragma unroll 4
    for (size_t p = pixels * blockIdx.x / parts + row; p < last; p += kSumRows) {
      const ChannelSums term = terms(segment, segment * pixels + p, c);
      sum.a += term.a;
      sum.b += term.b;
    }
  }
  rows[row][column] = sum;
  __syncthreads();
  if (row > 0 || c >= channels) return;
  for (int r = 1; r < kSumRows; r++) {
    sum.a += rows[r][column].a;
    sum.b += rows[r][column].b;
  }
  sums[(static_cast<size_t>(segment) * parts + blockIdx.x) * channels + c] = sum;
}

template <class Finish>
__global__ void __launch_bounds__(kSumColumns)
    addChannelParts(const ChannelSums* sums, int channels, int parts, Finish finish) {
  const int c = static_cast<int>(blockIdx.x) * kSumColumns + static_cast<int>(threadIdx.x);
  const auto segment = static_cast<int>(blockIdx.y);
  if (c >= channels) return;
  ChannelSums sum = {0, 0};
  for (int part = 0; part < parts; part++) {
    const ChannelSums& own = sums[(static_cast<size_t>(segment) * parts + part) * channels + c];
    sum.a += own.a;
    sum.b += own.b;
  }
  finish(segment, c, sum);
}

// finish(segment, channel, sums of terms(segment, pixel, channel) over the segment's `pixels`).
template <class Terms, class Finish>
void sumChannels(Scratch& scratch, int segments, size_t pixels, int channels, const Terms& terms,
                 const Finish& finish, const char* what) {
  constexpr size_t kSmallestPart = 256;
  const size_t wanted = (pixels + kSmallestPart - 1) / kSmallestPart;
  const int parts = static_cast<int>(wanted > 128 ? 128 : wanted);
  auto* sums = reinterpret_cast<ChannelSums*>(
      scratch.sums(2 * static_cast<size_t>(segments) * parts * channels));
  const unsigned groups = (channels + kSumColumns - 1) / kSumColumns;
  check(gpu::launch(sumChannelParts<Terms>, dim3(parts, groups, segments),
                    dim3(kSumColumns * kSumRows), 0, scratch.stream(), terms, pixels, channels,
                    parts, sums),
        what);
  check(
      gpu::launch(addChannelParts<Finish>, dim3(groups, segments), dim3(kSumColumns), 0,
                  scratch.stream(), static_cast<const ChannelSums*>(sums), channels, parts, finish),
      what);
}

}  // namespace evensr::cuda
