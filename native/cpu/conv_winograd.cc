#include "cpu/conv_winograd.h"

#include <algorithm>

#include "cpu/bias_gradient.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"
#include "cpu/winograd.h"

namespace evensr {
namespace {

using cpu::TileEnd;
using cpu::WeightView;
using cpu::WinogradKernels;

constexpr int kProducts = 36;
// Tiles of one product: as many as leave their 36 planes, in and out, in a cache of half a
// megabyte.
constexpr int kThreadFloats = 100000;
// Tiles of one product of the weights' gradient, whose planes all threads share.
constexpr int kSharedFloats = 1000000;
// Planes must not lie a multiple of the cache's period apart.
constexpr size_t kPlaneGap = 16;
// Below this the transforms cost more than the products save.
constexpr int kLeastChannels = 16;

int tilesFor(int floats, int in, int out) {
  return std::clamp(floats / (kProducts * (in + out)) / 12 * 12, 12, 192);
}

// The 4x4 tiles of a batch, row by row.
struct Tiles {
  Shape shape;
  int down, across, count;
  explicit Tiles(const Shape& s)
      : shape(s), down((s.h + 3) / 4), across((s.w + 3) / 4), count(s.n * down * across) {}

  // Pointers to the side x side pixels from `border` above and left of the tile on, `outside` for
  // those that are not there.
  template <class Float>
  void point(const Activation& x, int tile, int side, int border, Float* outside,
             Float** pixels) const {
    const int n = tile / (down * across), top = tile / across % down * 4 - border;
    const int left = tile % across * 4 - border, stride = x.channelStride();
    Float* image = floats(x) + static_cast<size_t>(n) * shape.plane() * stride;
    for (int i = 0; i < side * side; i++) {
      const int y = top + i / side, px = left + i % side;
      const bool inside = y >= 0 && y < shape.h && px >= 0 && px < shape.w;
      pixels[i] = inside ? image + (static_cast<size_t>(y) * shape.w + px) * stride : outside;
    }
  }

  // Calls body(index from `first` on, pixels, pixels of the tile after) for tiles [first, last).
  template <class Body>
  void forEach(const Activation& x, int first, int last, int side, int border, const float* outside,
               const Body& body) const {
    const float* pixels[2][36];
    if (first < last) point(x, first, side, border, outside, pixels[0]);
    for (int tile = first; tile < last; tile++) {
      const int now = (tile - first) % 2;
      point(x, std::min(tile + 1, last - 1), side, border, outside, pixels[1 - now]);
      body(tile - first, pixels[now], pixels[1 - now]);
    }
  }
};

class WinogradConvolution : public Convolution {
 public:
  WinogradConvolution(WinogradContext& context, const ConvolutionConfig& config,
                      const WinogradKernels& kernels);
  void setWeights(const float* weight, const float* bias) override;
  void forward(const Activation& x, const Activation& addend, const Activation& y) override;
  void backwardData(const Activation& dy, const Activation& addend, const Activation& dx) override;
  void backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                       float* dBias) override;

 private:
  WeightView weights() const { return {weight_, in_, out_, 9, 9 * in_, false}; }
  // The same as the gradient of the input sees them: sums run over the results' channels.
  WeightView turnedWeights() const { return {weight_, out_, in_, 9 * in_, 9, true}; }
  void run(const Activation& from, const WeightView& weights, const TileEnd& end,
           const Activation& addend, const Activation& to);
  void runTiles(const Activation& from, const WeightView& weights, const TileEnd& end,
                const Activation& addend, const Activation& to, int first, int last, float* memory);

  WinogradContext& context_;
  const ConvolutionConfig config_;
  const WinogradKernels& kernels_;
  const int in_, out_;
  const float *weight_ = nullptr, *bias_ = nullptr;
};

WinogradConvolution::WinogradConvolution(WinogradContext& context, const ConvolutionConfig& config,
                                         const WinogradKernels& kernels)
    : context_(context),
      config_(config),
      kernels_(kernels),
      in_(config.input.c),
      out_(config.outChannels) {
  const size_t channels = in_ + out_;
  const size_t thread = kProducts * (tilesFor(kThreadFloats, in_, out_) * channels + 2 * kPlaneGap);
  grow(context.weights, static_cast<size_t>(kProducts) * in_ * out_);
  grow(context.tiles, thread * context.threads);
  if (context.zeros.size() < channels) {
    context.zeros = FloatArray(channels);
    std::fill_n(context.zeros.data(), channels, 0.0f);
  }
  if (!config.weightGradient) return;
  const size_t shared = tilesFor(kSharedFloats, in_, out_) * channels + 2 * kPlaneGap;
  grow(context.gradients, kProducts * shared);
}

void WinogradConvolution::setWeights(const float* weight, const float* bias) {
  weight_ = weight;
  bias_ = bias;
}

void WinogradConvolution::forward(const Activation& x, const Activation& addend,
                                  const Activation& y) {
  TileEnd end;
  end.bias = bias_;
  end.activate = config_.activationSlope.has_value();
  end.slope = config_.activationSlope.value_or(0);
  end.add = addend.data != nullptr;
  end.scale = config_.outputScale;
  run(x, weights(), end, addend, y);
}

void WinogradConvolution::backwardData(const Activation& dy, const Activation& addend,
                                       const Activation& dx) {
  TileEnd end;
  end.add = addend.data || config_.outputScale != 1;
  end.scale = config_.outputScale;
  run(dy, turnedWeights(), end, addend, dx);
}

void WinogradConvolution::run(const Activation& from, const WeightView& weights, const TileEnd& end,
                              const Activation& addend, const Activation& to) {
  const Tiles tiles(from.shape);
  const int atOnce = tilesFor(kThreadFloats, weights.in, weights.out);
  const int pieces = (tiles.count + atOnce - 1) / atOnce;
  const size_t memory = context_.tiles.size() / context_.threads;
#pragma omp parallel
  {
    const auto began = ThreadClock::start();
    const int team = omp_get_num_threads(), rank = omp_get_thread_num();
    kernels_.transformWeights(weights, weights.in * rank / team, weights.in * (rank + 1) / team,
                              context_.weights.data());
#pragma omp barrier
    for (int piece = pieces * rank / team; piece < pieces * (rank + 1) / team; piece++) {
      runTiles(from, weights, end, addend, to, piece * atOnce,
               std::min(tiles.count, (piece + 1) * atOnce), context_.tiles.data() + rank * memory);
    }
    context_.whole.addSince(began);
  }
}

void WinogradConvolution::runTiles(const Activation& from, const WeightView& weights,
                                   const TileEnd& end, const Activation& addend,
                                   const Activation& to, int first, int last, float* memory) {
  const Tiles tiles(from.shape);
  const int in = weights.in, out = weights.out, count = last - first;
  const size_t inPlane = static_cast<size_t>(count) * in + kPlaneGap;
  const size_t outPlane = static_cast<size_t>(count) * out + kPlaneGap;
  float* const results = memory + kProducts * inPlane;
  tiles.forEach(from, first, last, 6, 1, context_.zeros.data(), [&](int i, auto pixels, auto next) {
    kernels_.inputTile(pixels, next, in, memory + i * in, inPlane);
  });
  const auto began = ThreadClock::start();
  for (int k = 0; k < kProducts; k++) {
    const float* plane = context_.weights.data() + static_cast<size_t>(k) * in * out;
    kernels_.products.plain({memory + k * inPlane, in}, {plane, out}, in, results + k * outPlane,
                            out, count, out, false);
  }
  context_.products.addSince(began);
  float* targets[16];
  const float* addends[16] = {};
  for (int i = 0; i < count; i++) {
    tiles.point<float>(to, first + i, 4, 0, nullptr, targets);
    if (addend.data) {
      tiles.point<const float>(addend, first + i, 4, 0, nullptr, addends);
    } else {
      std::fill_n(addends, 16, context_.zeros.data());
    }
    kernels_.outputTile(results + i * out, outPlane, out, end, targets, addends);
  }
}

void WinogradConvolution::backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                                          float* dBias) {
  const Tiles tiles(x.shape);
  const int atOnce = tilesFor(kSharedFloats, in_, out_);
  const size_t inPlane = static_cast<size_t>(atOnce) * in_ + kPlaneGap;
  const size_t outPlane = static_cast<size_t>(atOnce) * out_ + kPlaneGap;
  float* const inputs = context_.gradients.data();
  float* const gradients = inputs + kProducts * inPlane;
  float* const sums = context_.weights.data();
  const float* const zeros = context_.zeros.data();
#pragma omp parallel
  {
    const auto began = ThreadClock::start();
    const int team = omp_get_num_threads(), rank = omp_get_thread_num();
    for (int first = 0; first < tiles.count; first += atOnce) {
      const int count = std::min(atOnce, tiles.count - first);
      const int begin = count * rank / team, end = count * (rank + 1) / team;
      tiles.forEach(x, first + begin, first + end, 6, 1, zeros, [&](int i, auto pixels, auto next) {
        kernels_.inputTile(pixels, next, in_, inputs + (begin + i) * in_, inPlane);
      });
      tiles.forEach(
          dy, first + begin, first + end, 4, 0, zeros, [&](int i, auto pixels, auto next) {
            kernels_.gradientTile(pixels, next, out_, gradients + (begin + i) * out_, outPlane);
          });
#pragma omp barrier
      const auto multiplied = ThreadClock::start();
      for (int k = kProducts * rank / team; k < kProducts * (rank + 1) / team; k++) {
        kernels_.products.transposed({inputs + k * inPlane, in_}, {gradients + k * outPlane, out_},
                                     count, sums + static_cast<size_t>(k) * in_ * out_, out_, in_,
                                     out_, first > 0);
      }
      context_.products.addSince(multiplied);
#pragma omp barrier
    }
    kernels_.weightGradient(sums, weights(), in_ * rank / team, in_ * (rank + 1) / team,
                            config_.outputScale, dWeight);
    context_.whole.addSince(began);
  }
  if (dBias) biasGradient(dy, config_.outputScale, context_.biasSums, dBias);
}

}  // namespace

std::unique_ptr<Convolution> winogradConvolution(WinogradContext& context,
                                                 const ConvolutionConfig& config) {
  const int in = config.input.c, out = config.outChannels;
  if (config.kernel != 3 || config.padding != 1 || config.stride != 1 ||
      std::min(in, out) < kLeastChannels)
    return nullptr;
  const WinogradKernels* kernels = cpu::winogradKernels(in, out);
  if (!kernels) return nullptr;
  return std::make_unique<WinogradConvolution>(context, config, *kernels);
}

}  // namespace evensr
