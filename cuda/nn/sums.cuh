// Sums of runs of values in double: in parts and in an order that the lengths alone decide.
#pragma once

#include <algorithm>
#include <vector>

#include "gpu.cuh"
#include "nn/scratch.h"

namespace evensr::cuda {

constexpr int kRunThreads = 256;

// The sum over the block's threads, for all of them: a tree in each warp, then warp by warp.
__device__ inline double sumOfBlock(double value) {
  __shared__ double warps[kRunThreads / 32];
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_down_sync(0xffffffffu, value, distance);
  }
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = value;
  __syncthreads();
  double sum = warps[0];
  for (int warp = 1; warp < kRunThreads / 32; warp++) sum += warps[warp];
  __syncthreads();  // the next sum writes to the same memory
  return sum;
}

// Part blockIdx.x of run blockIdx.y, whose terms are terms(run, i), i < count.
template <class Terms>
__global__ void __launch_bounds__(kRunThreads)
    sumRunParts(const __grid_constant__ Terms terms, size_t count, double* parts) {
  const auto run = static_cast<int>(blockIdx.y);
  const size_t last = count * (blockIdx.x + 1) / gridDim.x;
  double sum = 0;
#pragma unroll 4
  for (size_t i = count * blockIdx.x / gridDim.x + threadIdx.x; i < last; i += kRunThreads) {
    sum += terms(run, i);
  }
  const double total = sumOfBlock(sum);
  if (threadIdx.x == 0) parts[static_cast<size_t>(run) * gridDim.x + blockIdx.x] = total;
}

// The sums of `runs` runs of `count` terms each, on the host.
template <class Terms>
std::vector<double> sumRuns(Scratch& scratch, int runs, size_t count, const Terms& terms,
                            const char* what) {
  constexpr size_t kPart = 8 * kRunThreads, kMostParts = 256;
  const size_t each = std::clamp((count + kPart - 1) / kPart, size_t{1}, kMostParts);
  double* parts = scratch.sums(runs * each);
  check(gpu::launch(sumRunParts<Terms>,
                    dim3(static_cast<unsigned>(each), static_cast<unsigned>(runs)),
                    dim3(kRunThreads), 0, scratch.stream(), terms, count, parts),
        what);
  const std::vector<double> fetched = scratch.fetch(parts, runs * each);
  std::vector<double> sums(runs, 0.0);
  for (size_t i = 0; i < fetched.size(); i++) sums[i / each] += fetched[i];
  return sums;
}

}  // namespace evensr::cuda
