// Kernels that do the same to every element of activations, four channels at a time where they lie
// side by side.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "gpu.cuh"
#include "nn/epilogue.cuh"
#include "runtime.h"

namespace evensr::cuda {

constexpr int kElementThreads = 256;

// V values that one instruction loads or stores.
template <int V>
struct alignas(V * sizeof(float)) Pack {
  float v[V];
};

// V channels of a pixel.
template <int V>
__device__ __forceinline__ Pack<V>& at(const Pixels& x, size_t pixel, size_t channel) {
  return *reinterpret_cast<Pack<V>*>(x.data + pixel * x.stride + channel);
}

__device__ __forceinline__ float& at(const Pixels& x, size_t pixel, size_t channel) {
  return x.data[pixel * x.stride + channel];
}

// act.run<V>(pixel, channel) for every V channels; `packs` to a pixel, `count` in all.
template <int V, class Act>
__global__ void __launch_bounds__(kElementThreads, 4)
    eachPack(size_t count, unsigned packs, const __grid_constant__ Act act) {
  const size_t i = static_cast<size_t>(blockIdx.x) * kElementThreads + threadIdx.x;
  if (i >= count) return;
  if (packs == 1) return act.template run<V>(i, 0);
  // Divisions of 64 bits take many times as long.
  if (count <= UINT32_MAX) {
    const auto small = static_cast<unsigned>(i);
    act.template run<V>(small / packs, small % packs * V);
  } else {
    act.template run<V>(i / packs, i % packs * V);
  }
}

template <int V, class Act>
void launchPacks(cudaStream_t stream, size_t count, unsigned packs, const Act& act,
                 const char* what) {
  if (count == 0) return;
  const auto blocks = static_cast<unsigned>((count + kElementThreads - 1) / kElementThreads);
  check(gpu::launch(eachPack<V, Act>, dim3(blocks), dim3(kElementThreads), 0, stream, count, packs,
                    act),
        what);
}

inline bool isAligned(const Pixels& x) { return reinterpret_cast<uintptr_t>(x.data) % 16 == 0; }

// Whether four channels of all of them can be loaded at once; what has no data is not asked.
inline bool inFours(std::initializer_list<Pixels> all) {
  for (const Pixels& x : all) {
    if (x.data && (!isAligned(x) || x.stride % 4 != 0)) return false;
  }
  return true;
}

// act.run<V>(pixel, channel) for every element of activations of this shape, V being 4 if `fours`
// allows it and the channels go into fours, else 1.
template <class Act>
void overElements(cudaStream_t stream, const Shape& shape, bool fours, const Act& act,
                  const char* what) {
  const size_t elements = shape.elements();
  const auto channels = static_cast<unsigned>(shape.c);
  if (fours && channels % 4 == 0) {
    launchPacks<4>(stream, elements / 4, channels / 4, act, what);
  } else {
    launchPacks<1>(stream, elements, channels, act, what);
  }
}

// y = formula(a, b, pixel, channel), b being 0 where it has no data.
template <class Formula>
struct Pointwise {
  Formula formula;
  Pixels a, b, y;
  template <int V>
  __device__ __forceinline__ void run(size_t pixel, size_t channel) const {
    const Pack<V> first = at<V>(a, pixel, channel);
    const Pack<V> second = b.data ? at<V>(b, pixel, channel) : Pack<V>{};
    Pack<V> result;
#pragma unroll
    for (int k = 0; k < V; k++) {
      result.v[k] = formula(first.v[k], second.v[k], pixel, channel + k);
    }
    at<V>(y, pixel, channel) = result;
  }
};

// y = formula(a, b, pixel, channel) for every element; y may be a or b. A formula whose kByChannel
// is false does not look at pixel and channel.
template <class Formula>
void pointwise(cudaStream_t stream, const Shape& shape, const Formula& formula, Pixels a, Pixels b,
               Pixels y, const char* what) {
  const bool aligned = inFours({a, b, y});
  const auto isWhole = [&](const Pixels& x) { return !x.data || x.stride == shape.c; };
  if (Formula::kByChannel || !isWhole(a) || !isWhole(b) || !isWhole(y)) {
    return overElements(stream, shape, aligned, Pointwise<Formula>{formula, a, b, y}, what);
  }
  // Whole activations are one run of values, of any number of channels.
  const auto from = [](const Pixels& x, size_t first, int stride) {
    return Pixels{x.data ? x.data + first : nullptr, stride};
  };
  const auto part = [&](size_t first, int stride) {
    return Pointwise<Formula>{formula, from(a, first, stride), from(b, first, stride),
                              from(y, first, stride)};
  };
  const size_t elements = shape.elements();
  const bool fours = isAligned(a) && isAligned(b) && isAligned(y);
  const size_t inPacks = fours ? elements / 4 * 4 : 0;
  launchPacks<4>(stream, inPacks / 4, 1, part(0, 4), what);
  launchPacks<1>(stream, elements - inPacks, 1, part(inPacks, 1), what);
}

}  // namespace evensr::cuda
