#include "cpu/conv_winograd.h"

#include <algorithm>

#include "cpu/channel_sums.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"
#include "cpu/winograd.h"

namespace evensr {
namespace {

using cpu::TileEnd;
using cpu::TilePlaces;
using cpu::TileView;
using cpu::WeightView;
using cpu::WinogradKernels;

constexpr int kProducts = 36;
// Tiles of one product: as many as leave their 36 planes, in and out, in a cache of half a
// megabyte.
constexpr int kThreadFloats = 100000;
// The same for the weights' gradient, whose planes all threads share.
constexpr int kSharedFloats = 350000;
// Tiles of one partial sum of the bias's gradient.
constexpr int kGroup = 4;
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

  // The side x side pixels from `border` above and left of the tile on; none of no activation.
  TileView view(const Activation& x, int tile, int side, int border) const {
    if (!x.data) return {};
    const int n = tile / (down * across), y = tile / across % down * 4 - border;
    const int left = tile % across * 4 - border;
    const ptrdiff_t pixel = x.channelStride(), row = shape.w * pixel;
    float* image = floats(x) + n * static_cast<ptrdiff_t>(shape.plane()) * pixel;
    return {image + y * row + left * pixel,
            row,
            pixel,
            std::max(0, -y),
            std::max(0, -left),
            std::min(side, shape.h - y),
            std::min(side, shape.w - left)};
  }
};

class WinogradConvolution : public TiledConvolution {
 public:
  WinogradConvolution(WinogradContext& context, const ConvolutionConfig& config,
                      const WinogradKernels& kernels);
  void backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                       float* dBias) override;

 private:
  int tileCount(const Shape& shape) const override { return Tiles(shape).count; }
  int tilesAtOnce(int in, int out) const override { return tilesFor(kThreadFloats, in, out); }
  void transformWeights(const WeightView& weights, int rank, int team) override {
    kernels_.transformWeights(weights, weights.in * rank / team, weights.in * (rank + 1) / team,
                              context_.weights.data());
  }
  void runTiles(const Pass& pass, const WeightView& weights, const TileEnd& end, int first,
                int last, int rank) override;

  WinogradContext& context_;
  const WinogradKernels& kernels_;
};

WinogradConvolution::WinogradConvolution(WinogradContext& context, const ConvolutionConfig& config,
                                         const WinogradKernels& kernels)
    : TiledConvolution(context, config), context_(context), kernels_(kernels) {
  const size_t channels = in_ + out_, widest = std::max(in_, out_);
  const size_t tiles = tilesFor(kThreadFloats, in_, out_);
  grow(context.weights, static_cast<size_t>(kProducts) * in_ * out_);
  grow(context.tiles, (kProducts + 1) * (tiles * widest + kPlaneGap) * context.threads);
  if (!config.weightGradient) return;
  const size_t shared = tilesFor(kSharedFloats, in_, out_) * channels + 2 * kPlaneGap;
  grow(context.gradients, kProducts * shared);
}

void WinogradConvolution::runTiles(const Pass& pass, const WeightView& weights, const TileEnd& end,
                                   int first, int last, int rank) {
  const Tiles tiles(pass.from.shape);
  float* const memory = context_.tiles.data() + context_.tiles.size() / context_.threads * rank;
  const int in = weights.in, out = weights.out, count = last - first;
  const size_t plane = static_cast<size_t>(count) * std::max(in, out) + kPlaneGap;
  // The results of a product take the place of the inputs of the one before.
  float* const results = memory;
  float* const inputs = memory + plane;
  for (int i = 0; i < count; i++) {
    kernels_.inputTile(tiles.view(pass.from, first + i, 6, 1), in, inputs + i * in, plane);
  }
  const auto began = ThreadClock::start();
  for (int k = 0; k < kProducts; k++) {
    const float* matrix = context_.weights.data() + static_cast<size_t>(k) * in * out;
    kernels_.products.plain({inputs + k * plane, in}, {matrix, out}, in, results + k * plane, out,
                            count, out, false);
  }
  context_.products.addSince(began);
  for (int i = 0; i < count; i++) {
    const auto place = [&](const Activation& x) { return tiles.view(x, first + i, 4, 0); };
    kernels_.outputTile(
        results + i * out, plane, out, end,
        {place(pass.to), place(pass.unactivated), place(pass.addend), place(pass.gate)});
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
  const int groups = (tiles.count + kGroup - 1) / kGroup;
  context_.biasSums.assign(static_cast<size_t>(groups) * out_, 0);
#pragma omp parallel
  {
    const auto began = ThreadClock::start();
    const int team = omp_get_num_threads(), rank = omp_get_thread_num();
    for (int first = 0; first < tiles.count; first += atOnce) {
      const int count = std::min(atOnce, tiles.count - first);
      // Whole groups, so that their sums do not depend on the number of threads.
      const int part = (count + kGroup - 1) / kGroup;
      const int begin = part * rank / team * kGroup;
      const int end = std::min(count, part * (rank + 1) / team * kGroup);
      for (int i = begin; i < end; i++) {
        kernels_.inputTile(tiles.view(x, first + i, 6, 1), in_, inputs + i * in_, inPlane);
      }
      for (int i = begin; i < end; i++) {
        kernels_.gradientTile(tiles.view(dy, first + i, 4, 0), out_, gradients + i * out_, outPlane,
                              &context_.biasSums[(first + i) / kGroup * out_]);
      }
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
  if (dBias) sumChannels(context_.biasSums, out_, config_.outputScale, dBias);
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
