// Kernels that do the same to every element of activations.
#pragma once

#include "gpu.cuh"
#include "nn/epilogue.cuh"
#include "runtime.h"

namespace evensr::cuda {

constexpr int kElementThreads = 256;

// act(pixel, channel) for every element.
template <class Act>
__global__ void __launch_bounds__(kElementThreads)
    eachElement(unsigned pixels, unsigned channels, Act act) {
  const unsigned i = blockIdx.x * kElementThreads + threadIdx.x;
  if (i < pixels * channels) act(i / channels, i % channels);
}

template <class Act>
void overElements(cudaStream_t stream, const Shape& shape, const Act& act, const char* what) {
  const auto count = static_cast<unsigned>(shape.elements());
  if (count == 0) return;
  check(
      gpu::launch(eachElement<Act>, dim3((count + kElementThreads - 1) / kElementThreads),
                  dim3(kElementThreads), 0, stream, static_cast<unsigned>(shape.n * shape.plane()),
                  static_cast<unsigned>(shape.c), act),
      what);
}

__device__ inline float& at(const Pixels& x, size_t pixel, int channel) {
  return x.data[pixel * x.stride + channel];
}

}  // namespace evensr::cuda
