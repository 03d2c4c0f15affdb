// Corners of the execution model: masks of half a warp, threads that return early, votes, scans,
// 48 kB of static shared memory, several blocks.
#include "gpu.cuh"
#include "kernels.h"

namespace {

constexpr unsigned kAllLanes = 0xffffffffu;

// Sums a warp in two halves that run apart, then joins them: out[i] is the sum over i's warp.
__global__ void halfWarps(int* out) {
  const unsigned lane = threadIdx.x & 31;
  const unsigned mask = lane < 16 ? 0x0000ffffu : 0xffff0000u;
  int v = threadIdx.x;
  for (int offset = 8; offset; offset >>= 1) {
    v += __shfl_xor_sync(mask, v, offset, 16);
    if (lane >= 16) __syncwarp(mask);
  }
  v += __shfl_xor_sync(kAllLanes, v, 16);
  out[threadIdx.x] = v;
}

// Threads past n return; the barriers of the others must not wait for them (sm_70 and later).
__global__ void earlyExit(int* out, int n) {
  __shared__ int s[128];
  if ((int)threadIdx.x >= n) return;
  s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  out[threadIdx.x] = s[n - 1 - threadIdx.x];
  const int odd = __syncthreads_count(threadIdx.x & 1);
  if (threadIdx.x == 0) out[127] = odd;
}

// out[i] = 0 + 1 + ... + i in each warp, then the last lane's sum sent to all with __shfl_sync.
__global__ void scan(int* out) {
  const int lane = threadIdx.x & 31;
  int v = lane;
  for (int delta = 1; delta < 32; delta *= 2) {
    const int below = __shfl_up_sync(kAllLanes, v, delta);
    if (lane >= delta) v += below;
  }
  out[threadIdx.x] = v + 1000 * __shfl_sync(kAllLanes, v, 31);
}

constexpr int kLarge = 12 * 1024;

// out[0] += sum of 0 ... kLarge-1, each plus the block's index; out[1] = threads of a warp with
// index divisible by 3.
__global__ void largeShared(float* out) {
  __shared__ float s[kLarge];
  for (int i = threadIdx.x; i < kLarge; i += blockDim.x) s[i] = i + blockIdx.x;
  __syncthreads();
  float sum = 0;
  for (int i = threadIdx.x; i < kLarge; i += blockDim.x) sum += s[kLarge - 1 - i];
  atomicAdd(out, sum);
  const unsigned votes = __ballot_sync(kAllLanes, threadIdx.x % 3 == 0);
  if (threadIdx.x == 0 && blockIdx.x == 0) out[1] = __popc(votes);
}

}  // namespace

int runCorners() {
  int failed = 0;
  int host[128];
  int* device;
  if (cudaMalloc(&device, sizeof host) != cudaSuccess) return -1;
  const auto fetch = [&] { cudaMemcpy(host, device, sizeof host, cudaMemcpyDeviceToHost); };

  evensr::gpu::launch(halfWarps, dim3(1), dim3(64), 0, nullptr, device);
  fetch();
  for (int i = 0; i < 64; i++) {
    int sum = 0;
    for (int k = 0; k < 32; k++) sum += i / 32 * 32 + k;
    if (host[i] != sum) failed |= 1;
  }

  const int n = 77;
  evensr::gpu::launch(earlyExit, dim3(1), dim3(100), 0, nullptr, device, n);
  fetch();
  for (int i = 0; i < n; i++) {
    if (host[i] != n - 1 - i) failed |= 2;
  }
  if (host[127] != n / 2) failed |= 4;

  evensr::gpu::launch(scan, dim3(1), dim3(64), 0, nullptr, device);
  fetch();
  for (int i = 0; i < 64; i++) {
    const int lane = i % 32;
    if (host[i] != lane * (lane + 1) / 2 + 1000 * 496) failed |= 8;
  }
  cudaFree(device);

  float sums[2] = {0, 0};
  float* deviceSums;
  if (cudaMalloc(&deviceSums, sizeof sums) != cudaSuccess) return -1;
  cudaMemcpy(deviceSums, sums, sizeof sums, cudaMemcpyHostToDevice);
  const int blocks = 4;
  evensr::gpu::launch(largeShared, dim3(blocks), dim3(256), 0, nullptr, deviceSums);
  cudaMemcpy(sums, deviceSums, sizeof sums, cudaMemcpyDeviceToHost);
  double want = 0;
  for (int b = 0; b < blocks; b++) {
    for (int i = 0; i < kLarge; i++) want += i + b;
  }
  const bool sumRight = sums[0] > want * .9999 && sums[0] < want * 1.0001;
  if (!sumRight || sums[1] != 11) failed |= 16;
  cudaFree(deviceSums);
  return failed;
}
