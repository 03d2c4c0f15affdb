#include "cpu/conv_winograd_bf16.h"

#include <algorithm>

#include "cpu/bias_gradient.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"
#include "cpu/winograd_bf16.h"

namespace evensr {
namespace {

using cpu::Bf16Pair;
using cpu::Bf16Places;
using cpu::Bf16WinogradKernels;
using cpu::TileEnd;
using cpu::WeightView;

constexpr int kProducts = 24;
// As in conv_winograd.cc, in words of four bytes: what one thread, and all of them, work on at
// once.
constexpr int kThreadWords = 150000, kSharedWords = 1000000;
constexpr size_t kPlaneGap = 16;
// Below this F(4x4) in float32 is as fast.
constexpr int kLeastChannels = 32;

int tilesFor(int words, int wordsPerTile) {
  return std::clamp(words / (kProducts * wordsPerTile) / 12 * 12, 12, 384);
}
int threadTiles(int in, int out) { return tilesFor(kThreadWords, in / 2 + out); }
int sharedPairs(int in, int out) { return tilesFor(kSharedWords, in + out); }

// The tiles of a batch, two rows by four columns of results, row by row.
struct Tiles {
  Shape shape;
  int down, across, count;
  explicit Tiles(const Shape& s)
      : shape(s), down((s.h + 1) / 2), across((s.w + 3) / 4), count(s.n * down * across) {}

  // Pointers to the Rows x Columns pixels from `border` above and left of the tile on, `outside`
  // for those that are not there, which is so for all of a tile past the last.
  template <int Rows, int Columns, class Float>
  void point(const Activation& x, int tile, int border, Float* outside, Float** pixels) const {
    const int n = tile / (down * across), top = tile / across % down * 2 - border;
    const int left = tile % across * 4 - border, stride = x.channelStride();
    Float* image = floats(x) + static_cast<size_t>(n) * shape.plane() * stride;
    for (int i = 0; i < Rows * Columns; i++) {
      const int y = top + i / Columns, px = left + i % Columns;
      const bool inside = tile < count && y >= 0 && y < shape.h && px >= 0 && px < shape.w;
      pixels[i] = inside ? image + (static_cast<size_t>(y) * shape.w + px) * stride : outside;
    }
  }
};

class Bf16Convolution : public TiledConvolution {
 public:
  Bf16Convolution(Bf16Context& context, const ConvolutionConfig& config);
  void backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                       float* dBias) override;

 private:
  int tileCount(const Shape& shape) const override { return Tiles(shape).count; }
  int tilesAtOnce(int in, int out) const override { return threadTiles(in, out); }
  void transformWeights(const WeightView& weights, int rank, int team) override {
    const int pairs = weights.in / 2;
    kernels_.transformWeights(weights, pairs * rank / team, pairs * (rank + 1) / team,
                              context_.weights.data());
  }
  void runTiles(const Pass& pass, const WeightView& weights, const TileEnd& end, int first,
                int last, int rank) override;
  void finishTiles(const float* results, size_t plane, int channels, const TileEnd& end,
                   const Pass& pass, int first, int last);

  Bf16Context& context_;
  const Bf16WinogradKernels& kernels_;
};

Bf16Convolution::Bf16Convolution(Bf16Context& context, const ConvolutionConfig& config)
    : TiledConvolution(context, config), context_(context), kernels_(cpu::bf16WinogradKernels()) {
  grow(context.weights, static_cast<size_t>(kProducts) * in_ * out_ / 2);
  const auto growThreads = [&](int in, int out) {
    const size_t tiles = threadTiles(in, out);
    grow(context.tiles, kProducts * (tiles * in / 2 + kPlaneGap) * context.threads);
    grow(context.results, kProducts * (tiles * out + kPlaneGap) * context.threads);
  };
  growThreads(in_, out_);
  if (config.inputGradient) growThreads(out_, in_);
  const size_t channels = std::max(in_, out_);
  if (context.zeros.size() < channels) {
    context.zeros = FloatArray(channels);
    std::fill_n(context.zeros.data(), channels, 0.0f);
  }
  if (!config.weightGradient) return;
  const size_t pairs = sharedPairs(in_, out_);
  grow(context.tilePairs, kProducts * (pairs * (in_ + out_) + 2 * kPlaneGap));
  grow(context.weightGradients, static_cast<size_t>(kProducts) * in_ * out_);
}

void Bf16Convolution::runTiles(const Pass& pass, const WeightView& weights, const TileEnd& end,
                               int first, int last, int rank) {
  const Tiles tiles(pass.from.shape);
  const int in = weights.in, out = weights.out, pairs = in / 2, count = last - first;
  const size_t inPlane = static_cast<size_t>(count) * pairs + kPlaneGap;
  const size_t outPlane = static_cast<size_t>(count) * out + kPlaneGap;
  Bf16Pair* const domain = context_.tiles.data() + context_.tiles.size() / context_.threads * rank;
  float* const results =
      context_.results.data() + context_.results.size() / context_.threads * rank;
  const float* pixels[2][24];
  const auto point = [&](int tile) {
    tiles.point<4, 6, const float>(pass.from, tile, 1, context_.zeros.data(), pixels[tile % 2]);
  };
  point(first);
  for (int tile = first; tile < last; tile++) {
    point(tile + 1);
    kernels_.inputTile(pixels[tile % 2], pixels[1 - tile % 2], in,
                       domain + static_cast<size_t>(tile - first) * pairs, inPlane);
  }
  const auto began = ThreadClock::start();
  for (int k = 0; k < kProducts; k++) {
    const Bf16Pair* plane = context_.weights.data() + static_cast<size_t>(k) * pairs * out;
    kernels_.plain({domain + k * inPlane, pairs}, {plane, out}, pairs, results + k * outPlane, out,
                   count, out, false);
  }
  context_.products.addSince(began);
  finishTiles(results, outPlane, out, end, pass, first, last);
}

void Bf16Convolution::finishTiles(const float* results, size_t plane, int channels,
                                  const TileEnd& end, const Pass& pass, int first, int last) {
  const Tiles tiles(pass.to.shape);
  float *to[8], *unactivated[8];
  const float *addend[8], *gate[8];
  const Bf16Places places = {to, pass.unactivated.data ? unactivated : nullptr,
                             pass.addend.data ? addend : nullptr, pass.gate.data ? gate : nullptr};
  for (int tile = first; tile < last; tile++) {
    tiles.point<2, 4, float>(pass.to, tile, 0, nullptr, to);
    if (places.unactivated)
      tiles.point<2, 4, float>(pass.unactivated, tile, 0, nullptr, unactivated);
    if (places.addend) tiles.point<2, 4, const float>(pass.addend, tile, 0, nullptr, addend);
    if (places.gate) tiles.point<2, 4, const float>(pass.gate, tile, 0, nullptr, gate);
    kernels_.outputTile(results + static_cast<size_t>(tile - first) * channels, plane, channels,
                        end, places);
  }
}

void Bf16Convolution::backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                                      float* dBias) {
  const Tiles tiles(x.shape);
  const int pairs = (tiles.count + 1) / 2, atOnce = sharedPairs(in_, out_);
  const size_t inPlane = static_cast<size_t>(atOnce) * in_ + kPlaneGap;
  const size_t outPlane = static_cast<size_t>(atOnce) * out_ + kPlaneGap;
  Bf16Pair* const inputs = context_.tilePairs.data();
  Bf16Pair* const gradients = inputs + kProducts * inPlane;
  float* const sums = context_.weightGradients.data();
  const float* const zeros = context_.zeros.data();
#pragma omp parallel
  {
    const auto began = ThreadClock::start();
    const int team = omp_get_num_threads(), rank = omp_get_thread_num();
    for (int start = 0; start < pairs; start += atOnce) {
      const int count = std::min(atOnce, pairs - start);
      const float* pixels[2][24];
      for (int i = count * rank / team; i < count * (rank + 1) / team; i++) {
        for (int k = 0; k < 2; k++) {
          tiles.point<4, 6, const float>(x, 2 * (start + i) + k, 1, zeros, pixels[k]);
        }
        kernels_.inputTilePair(pixels[0], pixels[1], in_, inputs + static_cast<size_t>(i) * in_,
                               inPlane);
        for (int k = 0; k < 2; k++) {
          tiles.point<2, 4, const float>(dy, 2 * (start + i) + k, 0, zeros, pixels[k]);
        }
        kernels_.gradientTilePair(pixels[0], pixels[1], out_,
                                  gradients + static_cast<size_t>(i) * out_, outPlane);
      }
#pragma omp barrier
      const auto multiplied = ThreadClock::start();
      for (int k = kProducts * rank / team; k < kProducts * (rank + 1) / team; k++) {
        kernels_.transposed({inputs + k * inPlane, in_}, {gradients + k * outPlane, out_}, count,
                            sums + static_cast<size_t>(k) * in_ * out_, out_, in_, out_, start > 0);
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

std::unique_ptr<Convolution> bf16Convolution(Bf16Context& context,
                                             const ConvolutionConfig& config) {
  const auto fits = [](int channels) { return channels >= kLeastChannels && channels % 16 == 0; };
  if (config.kernel != 3 || config.padding != 1 || config.stride != 1 || !fits(config.input.c) ||
      !fits(config.outChannels))
    return nullptr;
  return std::make_unique<Bf16Convolution>(context, config);
}

}  // namespace evensr
