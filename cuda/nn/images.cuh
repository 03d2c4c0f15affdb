// Activations as images: a value by its sample, row, column and channel.
#pragma once

#include "nn/elements.cuh"

namespace evensr::cuda {

// A pixel's place.
struct Place {
  int sample, y, x;
  __device__ Place(size_t pixel, int height, int width) {
    const auto at = static_cast<unsigned>(pixel);
    sample = static_cast<int>(at / width / height);
    y = static_cast<int>(at / width % height);
    x = static_cast<int>(at % width);
  }
};

struct Image {
  Pixels pixels;
  int height, width;
  // V channels.
  template <int V>
  __device__ Pack<V>& pack(int sample, int y, int x, size_t c) const {
    return at<V>(pixels, (static_cast<size_t>(sample) * height + y) * width + x, c);
  }
};

inline Image imageOf(const Activation& x) { return {pixelsOf(x), x.shape.h, x.shape.w}; }

struct Range {
  int begin, end;
};

}  // namespace evensr::cuda
