// Max pooling. Gradients are gathered, in the order in which native/cpu scatters them, so that
// their bits are the same.
#include "nn/cuda_network.h"
#include "nn/images.cuh"

namespace evensr::cuda {
namespace {

// A window's part of one axis.
__device__ Range windowRange(const PoolWindows& windows, int index, int side) {
  const int first = index * windows.stride - windows.padding, last = first + windows.size;
  return {first < 0 ? 0 : first, last < side ? last : side};
}

// The windows that a position of one axis lies in.
__device__ Range windowsAt(const PoolWindows& windows, int position, int count) {
  const int from = position + windows.padding, before = from - windows.size;
  const int begin = before < 0 ? 0 : before / windows.stride + 1, end = from / windows.stride + 1;
  return {begin, end < count ? end : count};
}

template <int V>
struct Largest {
  Pack<V> value;
  int place[V];  // y x width + x
};

// Row by row; the first of the largest.
template <int V>
__device__ Largest<V> largestOf(const Image& x, const PoolWindows& windows, int sample, int wy,
                                int wx, size_t c) {
  const Range ys = windowRange(windows, wy, x.height), xs = windowRange(windows, wx, x.width);
  Largest<V> largest;
  largest.value = x.pack<V>(sample, ys.begin, xs.begin, c);
  for (int k = 0; k < V; k++) largest.place[k] = ys.begin * x.width + xs.begin;
#pragma unroll 1
  for (int y = ys.begin; y < ys.end; y++) {
#pragma unroll 1
    for (int u = xs.begin; u < xs.end; u++) {
      const Pack<V> value = x.pack<V>(sample, y, u, c);
#pragma unroll
      for (int k = 0; k < V; k++) {
        if (!(value.v[k] > largest.value.v[k])) continue;
        largest.value.v[k] = value.v[k];
        largest.place[k] = y * x.width + u;
      }
    }
  }
  return largest;
}

struct MaxPool {
  Image x, y;
  PoolWindows windows;
  template <int V>
  __device__ void run(size_t pixel, size_t c) const {
    const Place place(pixel, y.height, y.width);
    y.pack<V>(place.sample, place.y, place.x, c) =
        largestOf<V>(x, windows, place.sample, place.y, place.x, c).value;
  }
};

struct MaxPoolGradient {
  Image x, dy, dx;
  PoolWindows windows;
  template <int V>
  __device__ void run(size_t pixel, size_t c) const {
    const Place place(pixel, dx.height, dx.width);
    const Range ys = windowsAt(windows, place.y, dy.height);
    const Range xs = windowsAt(windows, place.x, dy.width);
    const int own = place.y * x.width + place.x;
    Pack<V> sum{};
#pragma unroll 1
    for (int wy = ys.begin; wy < ys.end; wy++) {
#pragma unroll 1
      for (int wx = xs.begin; wx < xs.end; wx++) {
        const Largest<V> largest = largestOf<V>(x, windows, place.sample, wy, wx, c);
        const Pack<V> gradient = dy.pack<V>(place.sample, wy, wx, c);
#pragma unroll
        for (int k = 0; k < V; k++) {
          if (largest.place[k] == own) sum.v[k] += gradient.v[k];
        }
      }
    }
    dx.pack<V>(place.sample, place.y, place.x, c) = sum;
  }
};

}  // namespace

void CudaNetworkBackend::maxPool(const Activation& x, const PoolWindows& windows,
                                 const Activation& y) {
  overElements(stream(), y.shape, inFours({pixelsOf(x), pixelsOf(y)}),
               MaxPool{imageOf(x), imageOf(y), windows}, "the max pooling kernel");
}

void CudaNetworkBackend::maxPoolBackward(const Activation& x, const PoolWindows& windows,
                                         const Activation& dy, const Activation& dx) {
  overElements(stream(), dx.shape, inFours({pixelsOf(x), pixelsOf(dy), pixelsOf(dx)}),
               MaxPoolGradient{imageOf(x), imageOf(dy), imageOf(dx), windows},
               "the kernel of the gradient of max pooling");
}

}  // namespace evensr::cuda
