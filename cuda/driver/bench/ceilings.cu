#include <algorithm>
#include <chrono>
#include <functional>

#include "bench/ceilings.h"
#include "gpu.cuh"
#include "runtime.h"

namespace evensr::driver {
namespace {

constexpr int kThreads = 256;
// Independent chains of one thread or warp, enough to hide the latency of each.
constexpr int kChains = 8;

// One float4 a thread: 16 bytes read, 16 written, neighbouring threads side by side.
__global__ void copyKernel(const float4* in, float4* out, size_t count) {
  const size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) out[i] = in[i];
}

__global__ void fmaKernel(float* out, int rounds, float factor) {
  float sums[kChains];
#pragma unroll
  for (int c = 0; c < kChains; c++) sums[c] = static_cast<float>(threadIdx.x + c);
  for (int round = 0; round < rounds; round++) {
#pragma unroll
    for (int c = 0; c < kChains; c++) sums[c] = fmaf(sums[c], factor, 0.5f);
  }
  float sum = 0;
#pragma unroll
  for (int c = 0; c < kChains; c++) sum += sums[c];
  out[static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x] = sum;
}

// 16 x 8 x 16 in every chain and round of a warp.
__global__ void mmaKernel(float* out, int rounds, uint32_t bits) {
  float sums[kChains][4] = {};
  const uint32_t a[4] = {bits, bits ^ threadIdx.x, bits, bits}, b[2] = {bits, bits};
  for (int round = 0; round < rounds; round++) {
#pragma unroll
    for (int c = 0; c < kChains; c++) gpu::mma_bf16_16816(sums[c], a, b);
  }
  float sum = 0;
#pragma unroll
  for (int c = 0; c < kChains; c++) sum += sums[c][0] + sums[c][1] + sums[c][2] + sums[c][3];
  out[static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x] = sum;
}

// Seconds of the fastest of several runs of `launch`, each until the device is done.
double fastest(const cuda::Stream& stream, int runs, const std::function<cudaError_t()>& launch) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int run = 0; run < runs; run++) {
    const Clock::time_point start = Clock::now();
    cuda::check(launch(), "a kernel that measures a ceiling");
    stream.synchronize();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

}  // namespace

Ceilings measureCeilings(int device, bool tiny) {
  const cuda::Stream stream(device);
  const int runs = tiny ? 1 : 20, blocks = tiny ? 2 : 8192, rounds = tiny ? 4 : 4096;
  const size_t bytes = tiny ? 1 << 14 : size_t{1} << 30, vectors = bytes / sizeof(float4);
  const cuda::DeviceBuffer in(bytes), out(bytes);
  cuda::check(cudaMemsetAsync(in.as<char>(), 1, bytes, stream.handle()), "clearing memory");
  const double threads = static_cast<double>(blocks) * kThreads, warps = threads / 32;
  Ceilings ceilings;
  ceilings.copy =
      2.0 * bytes / fastest(stream, runs, [&] {
        const unsigned grid = static_cast<unsigned>((vectors + kThreads - 1) / kThreads);
        return gpu::launch(copyKernel, dim3(grid), dim3(kThreads), 0, stream.handle(),
                           static_cast<const float4*>(in.as<float4>()), out.as<float4>(), vectors);
      });
  ceilings.fma = 2.0 * threads * kChains * rounds / fastest(stream, runs, [&] {
                   return gpu::launch(fmaKernel, dim3(blocks), dim3(kThreads), 0, stream.handle(),
                                      out.as<float>(), rounds, 0.5f);
                 });
  ceilings.mma = 2.0 * 16 * 8 * 16 * warps * kChains * rounds / fastest(stream, runs, [&] {
                   return gpu::launch(mmaKernel, dim3(blocks), dim3(kThreads), 0, stream.handle(),
                                      out.as<float>(), rounds, 0x3f803f80u);
                 });
  return ceilings;
}

}  // namespace evensr::driver
