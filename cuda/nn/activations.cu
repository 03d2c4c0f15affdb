// Activations, sums and scales: the values of native/cpu/activation.cc, bit for bit.
#include <algorithm>

#include "nn/channel_sums.cuh"
#include "nn/cuda_network.h"
#include "nn/elements.cuh"

namespace evensr::cuda {
namespace {

struct Prelu {
  static constexpr bool kByChannel = true;
  const float* slope;
  __device__ float operator()(float x, float, size_t, size_t c) const {
    return x > 0 ? x : slope[c] * x;
  }
};

struct PreluGradient {
  static constexpr bool kByChannel = true;
  const float* slope;
  __device__ float operator()(float x, float dy, size_t, size_t c) const {
    return x > 0 ? dy : slope[c] * dy;
  }
};

// The gradient of the slopes; that of x on the way, where it is wanted.
struct SlopeTerms {
  Pixels x, dy, dx;
  const float* slope;
  __device__ ChannelSums operator()(int, size_t p, int c) const {
    const float value = at(x, p, c), gradient = at(dy, p, c);
    if (dx.data) at(dx, p, c) = value > 0 ? gradient : slope[c] * gradient;
    return {value > 0 ? 0.0 : static_cast<double>(gradient) * value, 0.0};
  }
};

struct StoreFirst {
  float* to;
  __device__ void operator()(int, int c, const ChannelSums& sums) const {
    to[c] = static_cast<float>(sums.a);
  }
};

struct LeakyRelu {
  static constexpr bool kByChannel = false;
  float slope;
  __device__ float operator()(float x, float, size_t, size_t) const {
    return x > 0 ? x : slope * x;
  }
};

struct LeakyReluGradient {
  static constexpr bool kByChannel = false;
  float slope;
  __device__ float operator()(float y, float dy, size_t, size_t) const {
    return y > 0 ? dy : slope * dy;
  }
};

struct Add {
  static constexpr bool kByChannel = false;
  float scale;
  __device__ float operator()(float a, float b, size_t, size_t) const { return a + scale * b; }
};

struct Scale {
  static constexpr bool kByChannel = false;
  float scale;
  __device__ float operator()(float x, float, size_t, size_t) const { return scale * x; }
};

struct Copy {
  static constexpr bool kByChannel = false;
  __device__ float operator()(float x, float, size_t, size_t) const { return x; }
};

// Of as many channels as fit well into the arguments of a kernel.
struct Affine {
  static constexpr bool kByChannel = true;
  static constexpr int kMost = 64;
  float scale[kMost], shift[kMost];
  __device__ float operator()(float x, float, size_t, size_t c) const {
    return scale[c] * x + shift[c];
  }
};

constexpr Pixels kNone{nullptr, 0};

Pixels channelsFrom(const Activation& x, int channel) {
  return {floats(x) + channel, x.channelStride()};
}

}  // namespace

void CudaNetworkBackend::prelu(const Activation& x, const float* slope, const Activation& y) {
  pointwise(stream(), x.shape, Prelu{slope}, pixelsOf(x), kNone, pixelsOf(y), "the PReLU kernel");
}

void CudaNetworkBackend::preluBackward(const Activation& x, const float* slope,
                                       const Activation& dy, const Activation& dx, float* dSlope) {
  if (dSlope) {
    sumChannels(scratch_, 1, x.shape.n * x.shape.plane(), x.shape.c,
                SlopeTerms{pixelsOf(x), pixelsOf(dy), pixelsOf(dx), slope}, StoreFirst{dSlope},
                "the kernel of slope gradients");
  } else if (dx.data) {
    pointwise(stream(), x.shape, PreluGradient{slope}, pixelsOf(x), pixelsOf(dy), pixelsOf(dx),
              "the PReLU gradient kernel");
  }
}

void CudaNetworkBackend::leakyRelu(const Activation& x, float slope, const Activation& y) {
  pointwise(stream(), x.shape, LeakyRelu{slope}, pixelsOf(x), kNone, pixelsOf(y),
            "the LeakyReLU kernel");
}

void CudaNetworkBackend::leakyReluBackward(const Activation& y, float slope, const Activation& dy,
                                           const Activation& dx) {
  pointwise(stream(), y.shape, LeakyReluGradient{slope}, pixelsOf(y), pixelsOf(dy), pixelsOf(dx),
            "the LeakyReLU gradient kernel");
}

void CudaNetworkBackend::add(const Activation& a, const Activation& b, float scale,
                             const Activation& y) {
  pointwise(stream(), y.shape, Add{scale}, pixelsOf(a), pixelsOf(b), pixelsOf(y),
            "the addition kernel");
}

void CudaNetworkBackend::scale(const Activation& x, float scale, const Activation& y) {
  pointwise(stream(), x.shape, Scale{scale}, pixelsOf(x), kNone, pixelsOf(y), "the scaling kernel");
}

void CudaNetworkBackend::affine(const Activation& x, const double* scale, const double* shift,
                                const Activation& y) {
  for (int first = 0; first < x.shape.c; first += Affine::kMost) {
    Shape part = x.shape;
    part.c = std::min(Affine::kMost, x.shape.c - first);
    Affine formula{};
    for (int c = 0; c < part.c; c++) {
      formula.scale[c] = static_cast<float>(scale[first + c]);
      if (shift) formula.shift[c] = static_cast<float>(shift[first + c]);
    }
    pointwise(stream(), part, formula, channelsFrom(x, first), kNone, channelsFrom(y, first),
              "the affine kernel");
  }
}

void CudaNetworkBackend::concat(const std::vector<Activation>& parts, const Activation& y) {
  int first = 0;
  for (const Activation& part : parts) {
    if (part.data) {
      pointwise(stream(), part.shape, Copy{}, pixelsOf(part), kNone, channelsFrom(y, first),
                "the kernel that joins channels");
    }
    first += part.shape.c;
  }
}

void CudaNetworkBackend::split(const Activation& y, const std::vector<Activation>& parts) {
  int first = 0;
  for (const Activation& part : parts) {
    if (part.data) {
      pointwise(stream(), part.shape, Copy{}, channelsFrom(y, first), kNone, pixelsOf(part),
                "the kernel that parts channels");
    }
    first += part.shape.c;
  }
}

}  // namespace evensr::cuda
