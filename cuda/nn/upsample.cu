// Upsampling by integer factors. Gradients are gathered, in the order in which native/cpu scatters
// them, so that their bits are the same.
#include "math/upsampling.h"
#include "nn/cuda_network.h"
#include "nn/images.cuh"

namespace evensr::cuda {
namespace {

struct Nearest {
  Image x, y;
  int factor;
  template <int V>
  __device__ void run(size_t pixel, size_t c) const {
    const Place place(pixel, y.height, y.width);
    y.pack<V>(place.sample, place.y, place.x, c) =
        x.pack<V>(place.sample, place.y / factor, place.x / factor, c);
  }
};

struct NearestGradient {
  Image dy, dx;
  int factor;
  template <int V>
  __device__ void run(size_t pixel, size_t c) const {
    const Place place(pixel, dx.height, dx.width);
    Pack<V> sum{};
    for (int y = 0; y < factor; y++) {
      for (int x = 0; x < factor; x++) {
        const Pack<V> gradient =
            dy.pack<V>(place.sample, place.y * factor + y, place.x * factor + x, c);
#pragma unroll
        for (int k = 0; k < V; k++) sum.v[k] += gradient.v[k];
      }
    }
    dx.pack<V>(place.sample, place.y, place.x, c) = sum;
  }
};

struct Bilinear {
  Image x, y;
  int factor;
  template <int V>
  __device__ void run(size_t pixel, size_t c) const {
    const Place place(pixel, y.height, y.width);
    const BilinearTap v = bilinearTap(place.y, x.height, factor);
    const BilinearTap h = bilinearTap(place.x, x.width, factor);
    const auto from = [&](int row, int column) { return x.pack<V>(place.sample, row, column, c); };
    const Pack<V> topLeft = from(v.first, h.first), topRight = from(v.first, h.second);
    const Pack<V> left = from(v.second, h.first), right = from(v.second, h.second);
    Pack<V> result;
#pragma unroll
    for (int k = 0; k < V; k++) {
      const float upper = h.weightFirst * topLeft.v[k] + h.weightSecond * topRight.v[k];
      const float lower = h.weightFirst * left.v[k] + h.weightSecond * right.v[k];
      result.v[k] = v.weightFirst * upper + v.weightSecond * lower;
    }
    y.pack<V>(place.sample, place.y, place.x, c) = result;
  }
};

// All results that sample a position of one axis. Those before the first position's centre lie
// between it and the second, whose share is 0: not nothing where the gradient is not finite.
__device__ Range resultsAt(int position, int factor, int count) {
  const int begin = position < 2 ? 0 : position * factor - (factor + 1) / 2;
  const int end = (position + 1) * factor + factor / 2;
  return {begin, end < count ? end : count};
}

struct BilinearGradient {
  Image dy, dx;
  int factor;
  template <int V>
  __device__ void run(size_t pixel, size_t c) const {
    const Place place(pixel, dx.height, dx.width);
    const Range ys = resultsAt(place.y, factor, dy.height);
    const Range xs = resultsAt(place.x, factor, dy.width);
    Pack<V> sum{};
    for (int y = ys.begin; y < ys.end; y++) {
      const BilinearTap v = bilinearTap(y, dx.height, factor);
      const bool isFirst = v.first == place.y, isSecond = v.second == place.y;
      if (!isFirst && !isSecond) continue;
      for (int x = xs.begin; x < xs.end; x++) {
        const BilinearTap h = bilinearTap(x, dx.width, factor);
        const bool isLeft = h.first == place.x, isRight = h.second == place.x;
        if (!isLeft && !isRight) continue;
        const Pack<V> gradient = dy.pack<V>(place.sample, y, x, c);
#pragma unroll
        for (int k = 0; k < V; k++) {
          const float upper = v.weightFirst * gradient.v[k], lower = v.weightSecond * gradient.v[k];
          if (isFirst && isLeft) sum.v[k] += h.weightFirst * upper;
          if (isFirst && isRight) sum.v[k] += h.weightSecond * upper;
          if (isSecond && isLeft) sum.v[k] += h.weightFirst * lower;
          if (isSecond && isRight) sum.v[k] += h.weightSecond * lower;
        }
      }
    }
    dx.pack<V>(place.sample, place.y, place.x, c) = sum;
  }
};

}  // namespace

void CudaNetworkBackend::upsampleNearest(const Activation& x, int factor, const Activation& y) {
  overElements(stream(), y.shape, inFours({pixelsOf(x), pixelsOf(y)}),
               Nearest{imageOf(x), imageOf(y), factor}, "the nearest upsampling kernel");
}

void CudaNetworkBackend::upsampleNearestBackward(const Activation& dy, int factor,
                                                 const Activation& dx) {
  overElements(stream(), dx.shape, inFours({pixelsOf(dy), pixelsOf(dx)}),
               NearestGradient{imageOf(dy), imageOf(dx), factor},
               "the kernel of the gradient of nearest upsampling");
}

void CudaNetworkBackend::upsampleBilinear(const Activation& x, int factor, const Activation& y) {
  overElements(stream(), y.shape, inFours({pixelsOf(x), pixelsOf(y)}),
               Bilinear{imageOf(x), imageOf(y), factor}, "the bilinear upsampling kernel");
}

void CudaNetworkBackend::upsampleBilinearBackward(const Activation& dy, int factor,
                                                  const Activation& dx) {
  overElements(stream(), dx.shape, inFours({pixelsOf(dy), pixelsOf(dx)}),
               BilinearGradient{imageOf(dy), imageOf(dx), factor},
               "the kernel of the gradient of bilinear upsampling");
}

}  // namespace evensr::cuda
