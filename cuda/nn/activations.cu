// Activations, sums and scales: the values of native/cpu/activation.cc, bit for bit.
#include "nn/channel_sums.cuh"
#include "nn/cuda_network.h"
#include "nn/elements.cuh"

namespace evensr::cuda {
namespace {

struct Prelu {
  Pixels x, y;
  const float* slope;
  __device__ void operator()(unsigned p, unsigned c) const {
    const float value = at(x, p, c);
    at(y, p, c) = value > 0 ? value : slope[c] * value;
  }
};

struct PreluGradient {
  Pixels x, dy, dx;
  const float* slope;
  __device__ void operator()(unsigned p, unsigned c) const {
    const float gradient = at(dy, p, c);
    at(dx, p, c) = at(x, p, c) > 0 ? gradient : slope[c] * gradient;
  }
};

struct SlopeTerms {
  Pixels x, dy;
  __device__ ChannelSums operator()(int, size_t p, int c) const {
    const float value = at(x, p, c);
    return {value > 0 ? 0.0 : static_cast<double>(at(dy, p, c)) * value, 0.0};
  }
};

struct StoreFirst {
  float* to;
  __device__ void operator()(int, int c, const ChannelSums& sums) const {
    to[c] = static_cast<float>(sums.a);
  }
};

struct LeakyRelu {
  Pixels x, y;
  float slope;
  __device__ void operator()(unsigned p, unsigned c) const {
    const float value = at(x, p, c);
    at(y, p, c) = value > 0 ? value : slope * value;
  }
};

struct LeakyReluGradient {
  Pixels y, dy, dx;
  float slope;
  __device__ void operator()(unsigned p, unsigned c) const {
    const float gradient = at(dy, p, c);
    at(dx, p, c) = at(y, p, c) > 0 ? gradient : slope * gradient;
  }
};

struct Add {
  Pixels a, b, y;
  float scale;
  __device__ void operator()(unsigned p, unsigned c) const {
    at(y, p, c) = at(a, p, c) + scale * at(b, p, c);
  }
};

struct Scale {
  Pixels x, y;
  float scale;
  __device__ void operator()(unsigned p, unsigned c) const { at(y, p, c) = scale * at(x, p, c); }
};

struct Affine {
  Pixels x, y;
  const float* factors;  // (C) scales, then (C) shifts
  unsigned channels;
  __device__ void operator()(unsigned p, unsigned c) const {
    at(y, p, c) = factors[c] * at(x, p, c) + factors[channels + c];
  }
};

}  // namespace

void CudaNetworkBackend::prelu(const Activation& x, const float* slope, const Activation& y) {
  overElements(stream_.handle(), x.shape, Prelu{pixelsOf(x), pixelsOf(y), slope},
               "the PReLU kernel");
}

// The slopes' gradient first: dx may be dy.
void CudaNetworkBackend::preluBackward(const Activation& x, const float* slope,
                                       const Activation& dy, const Activation& dx, float* dSlope) {
  if (dSlope) {
    sumChannels(scratch_, 1, x.shape.n * x.shape.plane(), x.shape.c,
                SlopeTerms{pixelsOf(x), pixelsOf(dy)}, StoreFirst{dSlope},
                "the kernel of slope gradients");
  }
  if (!dx.data) return;
  overElements(stream_.handle(), x.shape,
               PreluGradient{pixelsOf(x), pixelsOf(dy), pixelsOf(dx), slope},
               "the PReLU gradient kernel");
}

void CudaNetworkBackend::leakyRelu(const Activation& x, float slope, const Activation& y) {
  overElements(stream_.handle(), x.shape, LeakyRelu{pixelsOf(x), pixelsOf(y), slope},
               "the LeakyReLU kernel");
}

void CudaNetworkBackend::leakyReluBackward(const Activation& y, float slope, const Activation& dy,
                                           const Activation& dx) {
  overElements(stream_.handle(), y.shape,
               LeakyReluGradient{pixelsOf(y), pixelsOf(dy), pixelsOf(dx), slope},
               "the LeakyReLU gradient kernel");
}

void CudaNetworkBackend::add(const Activation& a, const Activation& b, float scale,
                             const Activation& y) {
  overElements(stream_.handle(), y.shape, Add{pixelsOf(a), pixelsOf(b), pixelsOf(y), scale},
               "the addition kernel");
}

void CudaNetworkBackend::scale(const Activation& x, float scale, const Activation& y) {
  overElements(stream_.handle(), x.shape, Scale{pixelsOf(x), pixelsOf(y), scale},
               "the scaling kernel");
}

void CudaNetworkBackend::affine(const Activation& x, const double* scale, const double* shift,
                                const Activation& y) {
  const size_t channels = x.shape.c;
  std::vector<float> factors(2 * channels, 0.0f);
  for (size_t c = 0; c < channels; c++) {
    factors[c] = static_cast<float>(scale[c]);
    if (shift) factors[channels + c] = static_cast<float>(shift[c]);
  }
  overElements(stream_.handle(), x.shape,
               Affine{pixelsOf(x), pixelsOf(y), scratch_.send(factors.data(), factors.size()),
                      static_cast<unsigned>(channels)},
               "the affine kernel");
}

}  // namespace evensr::cuda
