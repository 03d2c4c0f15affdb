// Statistics of whole activations, and scales and shifts of each sample's channels.
#include "math/statistics.h"
#include "nn/channel_sums.cuh"
#include "nn/cuda_network.h"
#include "nn/elements.cuh"

namespace evensr::cuda {
namespace {

// A value of a (B, 2 C, 1, 1) activation: the first or the second half of a sample's.
struct Halves {
  float* data;
  int channels;
  __device__ float& first(size_t sample, int c) const { return data[2 * sample * channels + c]; }
  __device__ float& second(size_t sample, int c) const {
    return data[(2 * sample + 1) * channels + c];
  }
};

Halves halvesOf(const Activation& x, int channels) { return {floats(x), channels}; }

struct StatisticsTerms {
  Pixels x;
  __device__ ChannelSums operator()(int, size_t p, int c) const {
    const double value = at(x, p, c);
    return {value < 0 ? -value : value, value * value};
  }
};

struct StoreStatistics {
  Halves y;
  double pixels;
  __device__ void operator()(int sample, int c, const ChannelSums& sums) const {
    y.first(sample, c) = static_cast<float>(sums.a / pixels);
    y.second(sample, c) = rootMeanSquare(sums.b, pixels);
  }
};

struct StatisticsGradient {
  Pixels x, dx;
  Halves y, dy;
  unsigned plane;
  float share;
  __device__ void operator()(unsigned p, unsigned c) const {
    const unsigned sample = p / plane;
    const float dRmsOverRms = dy.second(sample, c) / y.second(sample, c);
    at(dx, p, c) = statisticsGradient(at(x, p, c), dy.first(sample, c), dRmsOverRms, share);
  }
};

struct Modulate {
  Pixels x, y;
  Halves m;
  unsigned plane;
  __device__ void operator()(unsigned p, unsigned c) const {
    const float value = at(x, p, c);
    at(y, p, c) = value + m.first(p / plane, c) * value + m.second(p / plane, c);
  }
};

struct ModulateGradient {
  Pixels dy, dx;
  Halves m;
  unsigned plane;
  __device__ void operator()(unsigned p, unsigned c) const {
    const float gradient = at(dy, p, c);
    at(dx, p, c) = gradient + m.first(p / plane, c) * gradient;
  }
};

struct ModulationTerms {
  Pixels x, dy;
  __device__ ChannelSums operator()(int, size_t p, int c) const {
    const float gradient = at(dy, p, c);
    return {static_cast<double>(gradient) * at(x, p, c), gradient};
  }
};

struct StoreModulation {
  Halves dm;
  __device__ void operator()(int sample, int c, const ChannelSums& sums) const {
    dm.first(sample, c) = static_cast<float>(sums.a);
    dm.second(sample, c) = static_cast<float>(sums.b);
  }
};

unsigned planeOf(const Activation& x) { return static_cast<unsigned>(x.shape.plane()); }

}  // namespace

void CudaNetworkBackend::globalStatistics(const Activation& x, const Activation& y) {
  const Shape& s = x.shape;
  sumChannels(scratch_, s.n, s.plane(), s.c, StatisticsTerms{pixelsOf(x)},
              StoreStatistics{halvesOf(y, s.c), static_cast<double>(s.plane())},
              "the kernel of global statistics");
}

void CudaNetworkBackend::globalStatisticsBackward(const Activation& x, const Activation& y,
                                                  const Activation& dy, const Activation& dx) {
  const Shape& s = x.shape;
  overElements(stream_.handle(), s,
               StatisticsGradient{pixelsOf(x), pixelsOf(dx), halvesOf(y, s.c), halvesOf(dy, s.c),
                                  planeOf(x), static_cast<float>(1.0 / s.plane())},
               "the kernel of the gradient of global statistics");
}

void CudaNetworkBackend::modulate(const Activation& x, const Activation& m, const Activation& y) {
  overElements(stream_.handle(), x.shape,
               Modulate{pixelsOf(x), pixelsOf(y), halvesOf(m, x.shape.c), planeOf(x)},
               "the modulation kernel");
}

// dm first: dx may be dy.
void CudaNetworkBackend::modulateBackward(const Activation& x, const Activation& m,
                                          const Activation& dy, const Activation& dx,
                                          const Activation& dm) {
  const Shape& s = x.shape;
  if (dm.data) {
    sumChannels(scratch_, s.n, s.plane(), s.c, ModulationTerms{pixelsOf(x), pixelsOf(dy)},
                StoreModulation{halvesOf(dm, s.c)}, "the kernel of modulation gradients");
  }
  if (!dx.data) return;
  overElements(stream_.handle(), s,
               ModulateGradient{pixelsOf(dy), pixelsOf(dx), halvesOf(m, s.c), planeOf(x)},
               "the kernel of the gradient of modulated values");
}

}  // namespace evensr::cuda
