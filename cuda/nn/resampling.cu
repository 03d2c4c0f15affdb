// Shuffles, pooling and upsampling. Gradients are gathered, each in the order in which
// native/cpu scatters it, so that their bits are the same.
#include "math/upsampling.h"
#include "nn/cuda_network.h"
#include "nn/elements.cuh"

namespace evensr::cuda {
namespace {

// A pixel's place.
struct Place {
  int sample, y, x;
  __device__ Place(unsigned pixel, int height, int width)
      : sample(static_cast<int>(pixel / width / height)),
        y(static_cast<int>(pixel / width % height)),
        x(static_cast<int>(pixel % width)) {}
};

struct Image {
  Pixels pixels;
  int height, width;
  __device__ float& operator()(int sample, int y, int x, int c) const {
    return at(pixels, (static_cast<size_t>(sample) * height + y) * width + x, c);
  }
};

Image imageOf(const Activation& x) { return {pixelsOf(x), x.shape.h, x.shape.w}; }

// Between an image of few channels and one of many; the element of the large one.
struct Shuffle {
  Image small, large;
  int factor;
  bool toLarge;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    const Place place(pixel, large.height, large.width);
    const int dy = place.y % factor, dx = place.x % factor;
    float& from = small(place.sample, place.y / factor, place.x / factor,
                        (static_cast<int>(c) * factor + dy) * factor + dx);
    float& to = large(place.sample, place.y, place.x, c);
    toLarge ? to = from : from = to;
  }
};

struct Range {
  int begin, end;
};

// A window's part of one axis.
__device__ Range windowRange(const PoolWindows& windows, int index, int side) {
  const int first = index * windows.stride - windows.padding, last = first + windows.size;
  return {first < 0 ? 0 : first, last < side ? last : side};
}

// The windows that a position of one axis lies in.
__device__ Range windowsAt(const PoolWindows& windows, int position, int count) {
  const int from = position + windows.padding;
  const int before = from - windows.size;
  const int begin = before < 0 ? 0 : before / windows.stride + 1, end = from / windows.stride + 1;
  return {begin, end < count ? end : count};
}

// Row by row; the first of the largest.
__device__ float largestOf(const Image& x, const PoolWindows& windows, int sample, int wy, int wx,
                           int c, int& atY, int& atX) {
  const Range ys = windowRange(windows, wy, x.height), xs = windowRange(windows, wx, x.width);
  atY = ys.begin, atX = xs.begin;
  float largest = x(sample, ys.begin, xs.begin, c);
  for (int y = ys.begin; y < ys.end; y++) {
    for (int u = xs.begin; u < xs.end; u++) {
      const float value = x(sample, y, u, c);
      if (value > largest) largest = value, atY = y, atX = u;
    }
  }
  return largest;
}

struct MaxPool {
  Image x, y;
  PoolWindows windows;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    const Place place(pixel, y.height, y.width);
    int atY, atX;
    y(place.sample, place.y, place.x, c) =
        largestOf(x, windows, place.sample, place.y, place.x, c, atY, atX);
  }
};

struct MaxPoolGradient {
  Image x, dy, dx;
  PoolWindows windows;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    const Place place(pixel, dx.height, dx.width);
    const Range ys = windowsAt(windows, place.y, dy.height);
    const Range xs = windowsAt(windows, place.x, dy.width);
    float sum = 0;
    for (int wy = ys.begin; wy < ys.end; wy++) {
      for (int wx = xs.begin; wx < xs.end; wx++) {
        int atY, atX;
        largestOf(x, windows, place.sample, wy, wx, c, atY, atX);
        if (atY == place.y && atX == place.x) sum += dy(place.sample, wy, wx, c);
      }
    }
    dx(place.sample, place.y, place.x, c) = sum;
  }
};

struct Nearest {
  Image x, y;
  int factor;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    const Place place(pixel, y.height, y.width);
    y(place.sample, place.y, place.x, c) = x(place.sample, place.y / factor, place.x / factor, c);
  }
};

struct NearestGradient {
  Image dy, dx;
  int factor;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    const Place place(pixel, dx.height, dx.width);
    float sum = 0;
    for (int y = 0; y < factor; y++) {
      for (int x = 0; x < factor; x++) {
        sum += dy(place.sample, place.y * factor + y, place.x * factor + x, c);
      }
    }
    dx(place.sample, place.y, place.x, c) = sum;
  }
};

struct Bilinear {
  Image x, y;
  int factor;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    const Place place(pixel, y.height, y.width);
    const BilinearTap v = bilinearTap(place.y, x.height, factor);
    const BilinearTap h = bilinearTap(place.x, x.width, factor);
    const auto along = [&](int row) {
      return h.weightFirst * x(place.sample, row, h.first, c) +
             h.weightSecond * x(place.sample, row, h.second, c);
    };
    y(place.sample, place.y, place.x, c) =
        v.weightFirst * along(v.first) + v.weightSecond * along(v.second);
  }
};

// The results that sample a position of one axis.
__device__ Range resultsAt(int position, int factor, int count) {
  const int begin = (position - 1) * factor, end = (position + 2) * factor;
  return {begin < 0 ? 0 : begin, end < count ? end : count};
}

struct BilinearGradient {
  Image dy, dx;
  int factor;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    const Place place(pixel, dx.height, dx.width);
    const Range ys = resultsAt(place.y, factor, dy.height);
    const Range xs = resultsAt(place.x, factor, dy.width);
    float sum = 0;
    for (int y = ys.begin; y < ys.end; y++) {
      const BilinearTap v = bilinearTap(y, dx.height, factor);
      if (v.first != place.y && v.second != place.y) continue;
      for (int x = xs.begin; x < xs.end; x++) {
        const BilinearTap h = bilinearTap(x, dx.width, factor);
        const float gradient = dy(place.sample, y, x, c);
        const float upper = v.weightFirst * gradient, lower = v.weightSecond * gradient;
        if (v.first == place.y && h.first == place.x) sum += h.weightFirst * upper;
        if (v.first == place.y && h.second == place.x) sum += h.weightSecond * upper;
        if (v.second == place.y && h.first == place.x) sum += h.weightFirst * lower;
        if (v.second == place.y && h.second == place.x) sum += h.weightSecond * lower;
      }
    }
    dx(place.sample, place.y, place.x, c) = sum;
  }
};

}  // namespace

void CudaNetworkBackend::pixelShuffle(const Activation& x, int factor, const Activation& y) {
  overElements(stream_.handle(), y.shape, Shuffle{imageOf(x), imageOf(y), factor, true},
               "the pixel shuffle kernel");
}

void CudaNetworkBackend::pixelUnshuffle(const Activation& x, int factor, const Activation& y) {
  overElements(stream_.handle(), x.shape, Shuffle{imageOf(y), imageOf(x), factor, false},
               "the pixel unshuffle kernel");
}

void CudaNetworkBackend::maxPool(const Activation& x, const PoolWindows& windows,
                                 const Activation& y) {
  overElements(stream_.handle(), y.shape, MaxPool{imageOf(x), imageOf(y), windows},
               "the max pooling kernel");
}

void CudaNetworkBackend::maxPoolBackward(const Activation& x, const PoolWindows& windows,
                                         const Activation& dy, const Activation& dx) {
  overElements(stream_.handle(), dx.shape,
               MaxPoolGradient{imageOf(x), imageOf(dy), imageOf(dx), windows},
               "the kernel of the gradient of max pooling");
}

void CudaNetworkBackend::upsampleNearest(const Activation& x, int factor, const Activation& y) {
  overElements(stream_.handle(), y.shape, Nearest{imageOf(x), imageOf(y), factor},
               "the nearest upsampling kernel");
}

void CudaNetworkBackend::upsampleNearestBackward(const Activation& dy, int factor,
                                                 const Activation& dx) {
  overElements(stream_.handle(), dx.shape, NearestGradient{imageOf(dy), imageOf(dx), factor},
               "the kernel of the gradient of nearest upsampling");
}

void CudaNetworkBackend::upsampleBilinear(const Activation& x, int factor, const Activation& y) {
  overElements(stream_.handle(), y.shape, Bilinear{imageOf(x), imageOf(y), factor},
               "the bilinear upsampling kernel");
}

void CudaNetworkBackend::upsampleBilinearBackward(const Activation& dy, int factor,
                                                  const Activation& dx) {
  overElements(stream_.handle(), dx.shape, BilinearGradient{imageOf(dy), imageOf(dx), factor},
               "the kernel of the gradient of bilinear upsampling");
}

}  // namespace evensr::cuda
