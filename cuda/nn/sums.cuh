// Sums of runs of values in double: in parts and in an order that the lengths alone decide.
#pragma once

#include <vector>

#include "gpu.cuh"
#include "nn/scratch.h"

namespace evensr::cuda {

constexpr int kRunThreads = 256, kRunParts = 64;

// The sum over the block's threads, for thread 0.
__device__ inline double sumOfBlock(double value) {
  __shared__ double values[kRunThreads];
  const unsigned thread = threadIdx.x;
  values[thread] = value;
  __syncthreads();
  for (unsigned half = kRunThreads / 2; half > 0; half /= 2) {
    if (thread < half) values[thread] += values[thread + half];
    __syncthreads();
  }
  return values[0];
}

// Part blockIdx.x of run blockIdx.y, whose terms are term(run, i), i < count(run).
template <class Terms>
__global__ void __launch_bounds__(kRunThreads) sumRunParts(Terms terms, double* parts) {
  const auto run = static_cast<int>(blockIdx.y);
  const size_t count = terms.count(run);
  const size_t last = count * (blockIdx.x + 1) / kRunParts;
  double sum = 0;
  for (size_t i = count * blockIdx.x / kRunParts + threadIdx.x; i < last; i += kRunThreads) {
    sum += terms(run, i);
  }
  const double total = sumOfBlock(sum);
  if (threadIdx.x == 0) parts[static_cast<size_t>(run) * kRunParts + blockIdx.x] = total;
}

// The sums of `runs` runs, on the host.
template <class Terms>
std::vector<double> sumRuns(Scratch& scratch, int runs, const Terms& terms, const char* what) {
  const size_t count = static_cast<size_t>(runs) * kRunParts;
  double* parts = scratch.sums(count);
  check(gpu::launch(sumRunParts<Terms>, dim3(kRunParts, runs), dim3(kRunThreads), 0,
                    scratch.stream(), terms, parts),
        what);
  const double* fetched = scratch.fetch(parts, count);
  std::vector<double> sums(runs, 0.0);
  for (size_t i = 0; i < count; i++) sums[i / kRunParts] += fetched[i];
  return sums;
}

}  // namespace evensr::cuda
