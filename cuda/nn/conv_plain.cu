// Convolutions in float32 as products of matrices whose left factor, the patches, is gathered while
// it is read: any size, stride and padding. The reference of the faster ones.
#include <cmath>

#include "gpu.cuh"
#include "nn/conv_sums.h"
#include "nn/convolution.h"
#include "nn/epilogue.cuh"

namespace evensr::cuda {
namespace {

// A block makes 64 x 64 results, a thread 4 x 4 of them, 16 products deep at a time.
constexpr int kTile = 64, kDepth = 16, kThreads = 256, kEach = 4;
constexpr int kPitch = kTile + 4;

struct Geometry {
  int n, height, width;  // of the results
  int fromHeight, fromWidth;
  int in, out, kernel, stride, padding;
  bool backward;  // from the gradient of the results to that of the input

  __host__ __device__ int taps() const { return kernel * kernel; }
  __host__ __device__ int depth() const { return taps() * in; }
  __host__ __device__ size_t pixels() const { return static_cast<size_t>(n) * height * width; }
};

// The pixel under a tap of result (y, x) of sample s; -1: there is none.
__device__ ptrdiff_t sourceOf(const Geometry& g, size_t pixel, int tap) {
  const int x = static_cast<int>(pixel % g.width);
  const int y = static_cast<int>(pixel / g.width % g.height);
  const auto s = static_cast<ptrdiff_t>(pixel / g.width / g.height);
  const int ky = tap / g.kernel, kx = tap % g.kernel;
  int fromY, fromX;
  if (g.backward) {
    fromY = y + g.padding - ky;
    fromX = x + g.padding - kx;
    if (fromY < 0 || fromX < 0 || fromY % g.stride != 0 || fromX % g.stride != 0) return -1;
    fromY /= g.stride;
    fromX /= g.stride;
  } else {
    fromY = y * g.stride + ky - g.padding;
    fromX = x * g.stride + kx - g.padding;
    if (fromY < 0 || fromX < 0) return -1;
  }
  if (fromY >= g.fromHeight || fromX >= g.fromWidth) return -1;
  return (s * g.fromHeight + fromY) * g.fromWidth + fromX;
}

struct Tiles {
  float a[kDepth][kPitch], b[kDepth][kPitch];
};

// sums += a^T b of one pair of tiles.
__device__ __forceinline__ void multiply(const Tiles& tiles, float (&sums)[kEach][kEach]) {
  const int row = static_cast<int>(threadIdx.x) / 16 * kEach;
  const int column = static_cast<int>(threadIdx.x) % 16 * kEach;
#pragma unroll
  for (int k = 0; k < kDepth; k++) {
    float a[kEach], b[kEach];
#pragma unroll
    for (int i = 0; i < kEach; i++) a[i] = tiles.a[k][row + i], b[i] = tiles.b[k][column + i];
#pragma unroll
    for (int i = 0; i < kEach; i++) {
#pragma unroll
      for (int j = 0; j < kEach; j++) sums[i][j] = fmaf(a[i], b[j], sums[i][j]);
    }
  }
}

// Results (pixels, out) of patches (pixels, taps x in) and weights (taps x in, out).
__global__ void __launch_bounds__(kThreads)
    convolve(Geometry g, Pixels from, const float* weights, Epilogue epilogue) {
  __shared__ Tiles tiles;
  const size_t firstPixel = static_cast<size_t>(blockIdx.x) * kTile;
  const int firstOut = static_cast<int>(blockIdx.y) * kTile;
  const int thread = static_cast<int>(threadIdx.x);
  float sums[kEach][kEach] = {};
  for (int k0 = 0; k0 < g.depth(); k0 += kDepth) {
    for (int i = thread; i < kTile * kDepth; i += kThreads) {
      const int k = i % kDepth, depth = k0 + k;
      const size_t pixel = firstPixel + i / kDepth;
      ptrdiff_t source = -1;
      if (depth < g.depth() && pixel < g.pixels()) source = sourceOf(g, pixel, depth / g.in);
      tiles.a[k][i / kDepth] = source < 0 ? 0.0f : from.data[source * from.stride + depth % g.in];
    }
    for (int i = thread; i < kTile * kDepth; i += kThreads) {
      const int depth = k0 + i / kTile, o = firstOut + i % kTile;
      tiles.b[i / kTile][i % kTile] =
          depth < g.depth() && o < g.out ? weights[static_cast<size_t>(depth) * g.out + o] : 0.0f;
    }
    __syncthreads();
    multiply(tiles, sums);
    __syncthreads();
  }
  const size_t row = firstPixel + thread / 16 * kEach;
  const int column = firstOut + thread % 16 * kEach;
#pragma unroll
  for (int i = 0; i < kEach; i++) {
#pragma unroll
    for (int j = 0; j < kEach; j++) {
      if (row + i < g.pixels() && column + j < g.out)
        epilogue.store(row + i, column + j, sums[i][j]);
    }
  }
}

// partial (slices, taps x in, out): slice blockIdx.z of the pixels.
__global__ void __launch_bounds__(kThreads)
    convolveWeights(Geometry g, Pixels x, Pixels dy, int slices, float* partial) {
  __shared__ Tiles tiles;
  const int firstRow = static_cast<int>(blockIdx.x) * kTile;
  const int firstOut = static_cast<int>(blockIdx.y) * kTile;
  const int thread = static_cast<int>(threadIdx.x);
  const size_t begin = g.pixels() * blockIdx.z / slices;
  const size_t end = g.pixels() * (blockIdx.z + 1) / slices;
  float sums[kEach][kEach] = {};
  for (size_t p0 = begin; p0 < end; p0 += kDepth) {
    for (int i = thread; i < kTile * kDepth; i += kThreads) {
      const int row = firstRow + i % kTile, o = firstOut + i % kTile;
      const size_t pixel = p0 + i / kTile;
      ptrdiff_t source = -1;
      if (pixel < end && row < g.depth()) source = sourceOf(g, pixel, row / g.in);
      tiles.a[i / kTile][i % kTile] = source < 0 ? 0.0f : x.data[source * x.stride + row % g.in];
      tiles.b[i / kTile][i % kTile] =
          pixel < end && o < g.out ? dy.data[pixel * dy.stride + o] : 0.0f;
    }
    __syncthreads();
    multiply(tiles, sums);
    __syncthreads();
  }
  const int row = firstRow + thread / 16 * kEach, column = firstOut + thread % 16 * kEach;
  float* to = partial + static_cast<size_t>(blockIdx.z) * g.depth() * g.out;
  for (int i = 0; i < kEach; i++) {
    for (int j = 0; j < kEach; j++) {
      if (row + i < g.depth() && column + j < g.out) {
        to[static_cast<size_t>(row + i) * g.out + column + j] = sums[i][j];
      }
    }
  }
}

// From (O, I, taps) to forward (taps, I, O) and backward (taps, O, I); either may be null.
__global__ void __launch_bounds__(kThreads)
    packWeights(const float* weight, int out, int in, int taps, float* forward, float* backward) {
  const size_t i = static_cast<size_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= static_cast<size_t>(out) * in * taps) return;
  const size_t tap = i % taps, c = i / taps % in, o = i / taps / in;
  forward[(tap * in + c) * out + o] = weight[i];
  if (backward) backward[(tap * out + o) * in + c] = weight[i];
}

unsigned tilesFor(size_t count) { return static_cast<unsigned>((count + kTile - 1) / kTile); }

class PlainConvolution final : public Convolution {
 public:
  PlainConvolution(ConvolutionContext& context, const ConvolutionConfig& config)
      : context_(context), config_(config), forward_(bytes()) {
    if (config.inputGradient) backward_ = DeviceBuffer(bytes());
  }

  void setWeights(const ConvolutionWeights& weights) override {
    weights_ = weights;
    const size_t count = bytes() / sizeof(float);
    const int taps = config_.kernel * config_.kernel;
    check(gpu::launch(packWeights, dim3(static_cast<unsigned>((count + kThreads - 1) / kThreads)),
                      dim3(kThreads), 0, context_.stream.handle(), weights.weight,
                      config_.outChannels, config_.input.c, taps, forward_.as<float>(),
                      backward_.as<float>()),
          "the kernel that orders weights");
  }

  void forward(const Activation& x, const Activation& addend, const ConvolutionResult& y) override {
    run(geometry(x.shape, y.activated.shape, false), x, forward_.as<float>(),
        forwardEpilogue(config_, weights_, addend, y));
  }

  bool appliesGate() const override { return false; }

  void backwardData(const Activation& dy, const Activation& addend, const Activation& dx,
                    const PreluGate&) override {
    run(geometry(dy.shape, dx.shape, true), dy, backward_.as<float>(),
        backwardEpilogue(config_, addend, dx));
  }

  void backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                       float* dBias) override {
    const Geometry g = geometry(x.shape, dy.shape, false);
    const unsigned rows = tilesFor(g.depth()), columns = tilesFor(g.out);
    const int slices = slicesFor(static_cast<int>((g.pixels() + kTile - 1) / kTile),
                                 static_cast<int>(rows * columns));
    context_.partials.grow(static_cast<size_t>(slices) * g.depth() * g.out * sizeof(float));
    float* partial = context_.partials.as<float>();
    check(gpu::launch(convolveWeights, dim3(rows, columns, slices), dim3(kThreads), 0,
                      context_.stream.handle(), g, pixelsOf(x), pixelsOf(dy), slices, partial),
          "the kernel of weight gradients");
    sumWeightParts(context_, partial, slices, g.taps(), g.in, g.out, config_.outputScale, dWeight);
    if (dBias) biasGradient(context_, dy, config_.outputScale, dBias);
  }

 private:
  size_t bytes() const {
    return sizeof(float) * config_.outChannels * config_.input.c * config_.kernel * config_.kernel;
  }

  Geometry geometry(const Shape& from, const Shape& to, bool backward) const {
    return {to.n, to.h,           to.w,           from.h,          from.w,  from.c,
            to.c, config_.kernel, config_.stride, config_.padding, backward};
  }

  void run(const Geometry& g, const Activation& from, const float* weights,
           const Epilogue& epilogue) {
    check(gpu::launch(convolve, dim3(tilesFor(g.pixels()), tilesFor(g.out)), dim3(kThreads), 0,
                      context_.stream.handle(), g, pixelsOf(from), weights, epilogue),
          "the convolution kernel");
  }

  ConvolutionContext& context_;
  const ConvolutionConfig config_;
  ConvolutionWeights weights_;
  DeviceBuffer forward_, backward_;
};

}  // namespace

std::unique_ptr<Convolution> plainConvolution(ConvolutionContext& context,
                                              const ConvolutionConfig& config) {
  return std::make_unique<PlainConvolution>(context, config);
}

}  // namespace evensr::cuda
