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
  size_t channels;
  __device__ float& first(size_t sample, size_t c) const { return data[2 * sample * channels + c]; }
  __device__ float& second(size_t sample, size_t c) const {
    return data[(2 * sample + 1) * channels + c];
  }
};

Halves halvesOf(const Activation& x, int channels) {
  return {floats(x), static_cast<size_t>(channels)};
}

// The sample of a pixel.
struct Samples {
  unsigned plane;
  __device__ unsigned operator()(size_t pixel) const {
    return static_cast<unsigned>(pixel) / plane;
  }
};

Samples samplesOf(const Activation& x) { return {static_cast<unsigned>(x.shape.plane())}; }

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
  static constexpr bool kByChannel = true;
  Halves y, dy;
  Samples samples;
  float share;
  __device__ float operator()(float x, float, size_t p, size_t c) const {
    const unsigned sample = samples(p);
    const float dRmsOverRms = dy.second(sample, c) / y.second(sample, c);
    return statisticsGradient(x, dy.first(sample, c), dRmsOverRms, share);
  }
};

struct Modulate {
  static constexpr bool kByChannel = true;
  Halves m;
  Samples samples;
  __device__ float operator()(float x, float, size_t p, size_t c) const {
    const unsigned sample = samples(p);
    return x + m.first(sample, c) * x + m.second(sample, c);
  }
};

__device__ float modulatedGradient(float dy, float scale) { return dy + scale * dy; }

struct ModulateGradient {
  static constexpr bool kByChannel = true;
  Halves m;
  Samples samples;
  __device__ float operator()(float dy, float, size_t p, size_t c) const {
    return modulatedGradient(dy, m.first(samples(p), c));
  }
};

// The gradient of scales and shifts; that of x on the way, where it is wanted.
struct ModulationTerms {
  Pixels x, dy, dx;
  Halves m;
  __device__ ChannelSums operator()(int sample, size_t p, int c) const {
    const float gradient = at(dy, p, c), value = at(x, p, c);
    if (dx.data) at(dx, p, c) = modulatedGradient(gradient, m.first(sample, c));
    return {static_cast<double>(gradient) * value, gradient};
  }
};

struct StoreModulation {
  Halves dm;
  __device__ void operator()(int sample, int c, const ChannelSums& sums) const {
    dm.first(sample, c) = static_cast<float>(sums.a);
    dm.second(sample, c) = static_cast<float>(sums.b);
  }
};

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
  pointwise(stream(), s,
            StatisticsGradient{halvesOf(y, s.c), halvesOf(dy, s.c), samplesOf(x),
                               static_cast<float>(1.0 / s.plane())},
            pixelsOf(x), {}, pixelsOf(dx), "the kernel of the gradient of global statistics");
}

void CudaNetworkBackend::modulate(const Activation& x, const Activation& m, const Activation& y) {
  pointwise(stream(), x.shape, Modulate{halvesOf(m, x.shape.c), samplesOf(x)}, pixelsOf(x), {},
            pixelsOf(y), "the modulation kernel");
}

void CudaNetworkBackend::modulateBackward(const Activation& x, const Activation& m,
                                          const Activation& dy, const Activation& dx,
                                          const Activation& dm) {
  const Shape& s = x.shape;
  if (dm.data) {
    sumChannels(scratch_, s.n, s.plane(), s.c,
                ModulationTerms{pixelsOf(x), pixelsOf(dy), pixelsOf(dx), halvesOf(m, s.c)},
                StoreModulation{halvesOf(dm, s.c)}, "the kernel of modulation gradients");
  } else if (dx.data) {
    pointwise(stream(), s, ModulateGradient{halvesOf(m, s.c), samplesOf(x)}, pixelsOf(dy), {},
              pixelsOf(dx), "the kernel of the gradient of modulated values");
  }
}

}  // namespace evensr::cuda
