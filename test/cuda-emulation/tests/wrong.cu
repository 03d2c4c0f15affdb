// Deliberately wrong kernels: each must be caught by one of the builds (../README.md).
#include <cstring>

#include "gpu.cuh"
#include "kernels.h"

namespace {

// Reads a neighbour's value without a barrier: out[i] should be (i + 37) % 256.
__global__ void race(float* out) {
  __shared__ float s[256];
  s[threadIdx.x] = (float)threadIdx.x;
  out[threadIdx.x] = s[(threadIdx.x + 37) % 256];
}

// With shift > 0 the last threads write past the end of a static shared array.
__global__ void staticOutOfBounds(float* out, int shift) {
  __shared__ float s[64];
  s[(threadIdx.x + shift) % 128] = 1.f;
  __syncthreads();
  out[threadIdx.x] = s[threadIdx.x % 64];
}

// 512 threads write to a buffer of 300 floats.
__global__ void globalOutOfBounds(float* out) { out[blockIdx.x * blockDim.x + threadIdx.x] = 1.f; }

// With stride > 1 half of the threads write past the end of the dynamic shared memory.
__global__ void dynamicOutOfBounds(float* out, int stride) {
  DYN_SHARED(float, s);
  s[threadIdx.x * stride] = 1.f;
  __syncthreads();
  out[threadIdx.x] = s[threadIdx.x];
}

// Half of a warp waits at a barrier while the other half waits for it in a shuffle.
__global__ void divergent(float* out) {
  if (threadIdx.x < 16) {
    __syncthreads();
  } else {
    out[threadIdx.x] = __shfl_sync(0xffffffffu, (float)threadIdx.x, 0);
  }
}

}  // namespace

int runWrongKernel(const char* name, float* out) {
  if (!strcmp(name, "race")) return evensr::gpu::launch(race, dim3(1), dim3(256), 0, nullptr, out);
  if (!strcmp(name, "static-oob")) {
    return evensr::gpu::launch(staticOutOfBounds, dim3(1), dim3(64), 0, nullptr, out, 10);
  }
  if (!strcmp(name, "global-oob")) {
    return evensr::gpu::launch(globalOutOfBounds, dim3(2), dim3(256), 0, nullptr, out);
  }
  if (!strcmp(name, "dynamic-oob")) {
    return evensr::gpu::launch(dynamicOutOfBounds, dim3(1), dim3(64), 64 * sizeof(float), nullptr,
                               out, 2);
  }
  if (!strcmp(name, "host-read")) return *reinterpret_cast<volatile char*>(out) == 1;
  if (!strcmp(name, "leak")) {
    float* lost;
    return cudaMalloc(&lost, 1000);
  }
  if (!strcmp(name, "divergent"))
    return evensr::gpu::launch(divergent, dim3(1), dim3(32), 0, nullptr, out);
  return -1;
}
