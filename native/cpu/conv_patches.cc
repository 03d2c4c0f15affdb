#include "cpu/conv_patches.h"

#include <algorithm>

#include "clones.h"
#include "cpu/bias_gradient.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"
#include "cpu/patches.h"
#include "cpu/product.h"

namespace evensr {
namespace {

using cpu::MatrixView;
using cpu::ProductKernels;

// Floats of one piece of patches with its results: within a cache of half a megabyte.
constexpr int kThreadFloats = 60000;
// The same for the gradient of the weights, whose pieces all threads share.
constexpr int kSharedFloats = 1000000;

int rowsFor(int floats, int rowFloats) {
  return std::clamp(floats / rowFloats / 12 * 12, 12, 1200);
}

int roundUp(int count, int multiple) { return (count + multiple - 1) / multiple * multiple; }

// Where element (tap, in, out) of a weight lies.
struct WeightOrder {
  ptrdiff_t tap, in, out;
};

// A grid of results with its weights as a matrix (taps x channels summed over, results' channels).
struct GridProduct {
  PatchGrid grid;
  FloatArray matrix;
};

// What a row of a product becomes: + bias, activated, times scale, + addend.
struct RowEnd {
  const float *bias, *slopes;  // a value a channel, or null
  float scale;
};

// One loop a case, of few arrays: more of them, or members read in the loop, and none is
// vectorised.
EVENSR_CLONES void finishRow(float* row, const RowEnd& end, const float* addend, float* unactivated,
                             float* to, int channels) {
  const float *bias = end.bias, *slopes = end.slopes;
  const float scale = end.scale;
  if (bias) {
    for (int c = 0; c < channels; c++) row[c] += bias[c];
  }
  if (unactivated) {
    for (int c = 0; c < channels; c++) unactivated[c] = row[c];
  }
  if (slopes) {
    for (int c = 0; c < channels; c++) row[c] = row[c] > 0 ? row[c] : slopes[c] * row[c];
  }
  if (addend) {
    for (int c = 0; c < channels; c++) to[c] = addend[c] + scale * row[c];
  } else {
    for (int c = 0; c < channels; c++) to[c] = scale * row[c];
  }
}

float* pixelOf(const Activation& x, size_t pixel) {
  return x.data ? floats(x) + pixel * x.channelStride() : nullptr;
}

class PatchConvolution : public Convolution {
 public:
  PatchConvolution(PatchContext& context, const ConvolutionConfig& config);
  void setWeights(const ConvolutionWeights& weights) override;
  void forward(const Activation& x, const Activation& addend, const ConvolutionResult& y) override;
  bool appliesGate() const override { return false; }
  void backwardData(const Activation& dy, const Activation& addend, const Activation& dx,
                    const PreluGate& gate) override;
  void backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                       float* dBias) override;

 private:
  void prepare(const PatchGrid& grid, int width, std::vector<GridProduct>& products);
  void pack(const WeightOrder& order, int in, int out, int width, GridProduct& product) const;
  void run(const GridProduct& product, const ProductKernels& kernels, int width, const RowEnd& end,
           const Activation& from, const Activation& addend, const ConvolutionResult& to);
  // Rows of dy as vectors; filled up in memory of the context where channels end within one.
  MatrixView gradientRows(const Activation& dy, size_t first, size_t count, float* memory) const;
  void storeWeightGradient(float* dWeight) const;

  PatchContext& context_;
  const ConvolutionConfig config_;
  const int in_, out_, taps_;
  const ProductKernels &forward_, &backward_;
  const int outWidth_, inWidth_;  // channels, filled up to vectors
  std::vector<GridProduct> results_, gradients_;
  ConvolutionWeights weights_;
  std::vector<float> slopes_;  // of an activation that has one for all channels
};

PatchConvolution::PatchConvolution(PatchContext& context, const ConvolutionConfig& config)
    : context_(context),
      config_(config),
      in_(config.input.c),
      out_(config.outChannels),
      taps_(config.kernel * config.kernel),
      forward_(cpu::productKernels(out_)),
      backward_(cpu::productKernels(in_)),
      outWidth_(roundUp(out_, forward_.lanes)),
      inWidth_(roundUp(in_, backward_.lanes)) {
  if (config.activationSlope) slopes_.assign(out_, *config.activationSlope);
  prepare(resultGrid(config), outWidth_, results_);
  if (config.inputGradient) {
    for (const PatchGrid& grid : gradientGrids(config)) {
      prepare(grid, inWidth_, gradients_);
    }
  }
  if (!config.weightGradient) return;
  const int depth = results_[0].grid.depth();
  grow(context.sums, static_cast<size_t>(depth) * outWidth_);
  const size_t row = depth + outWidth_;
  grow(context.shared, row * rowsFor(kSharedFloats, static_cast<int>(row)));
}

void PatchConvolution::prepare(const PatchGrid& grid, int width,
                               std::vector<GridProduct>& products) {
  const int row = grid.depth() + width;
  grow(context_.pieces, static_cast<size_t>(row) * rowsFor(kThreadFloats, row) * context_.threads);
  products.push_back({grid, FloatArray(static_cast<size_t>(grid.depth()) * width)});
}

void PatchConvolution::setWeights(const ConvolutionWeights& weights) {
  weights_ = weights;
  pack({1, taps_, static_cast<ptrdiff_t>(taps_) * in_}, in_, out_, outWidth_, results_[0]);
  for (GridProduct& product : gradients_) {
    pack({1, static_cast<ptrdiff_t>(taps_) * in_, taps_}, out_, in_, inWidth_, product);
  }
}

void PatchConvolution::pack(const WeightOrder& order, int in, int out, int width,
                            GridProduct& product) const {
  const auto& taps = product.grid.taps;
  parallelRange(in, [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; i++) {
      for (size_t t = 0; t < taps.size(); t++) {
        float* row = product.matrix.data() + (t * in + i) * width;
        const float* from = weights_.weight + taps[t].index * order.tap + i * order.in;
        for (int o = 0; o < out; o++) row[o] = from[o * order.out];
        std::fill(row + out, row + width, 0.0f);
      }
    }
  });
}

void PatchConvolution::forward(const Activation& x, const Activation& addend,
                               const ConvolutionResult& y) {
  const float* slopes = config_.activationSlope ? slopes_.data() : weights_.slopes;
  run(results_[0], forward_, outWidth_, {weights_.bias, slopes, config_.outputScale}, x, addend, y);
}

void PatchConvolution::backwardData(const Activation& dy, const Activation& addend,
                                    const Activation& dx, const PreluGate&) {
  for (const GridProduct& product : gradients_) {
    run(product, backward_, inWidth_, {nullptr, nullptr, config_.outputScale}, dy, addend,
        {dx, {}});
  }
}

void PatchConvolution::run(const GridProduct& product, const ProductKernels& kernels, int width,
                           const RowEnd& end, const Activation& from, const Activation& addend,
                           const ConvolutionResult& to) {
  const PatchGrid& grid = product.grid;
  const Shape& shape = to.activated.shape;
  const int depth = grid.depth();
  const size_t atOnce = rowsFor(kThreadFloats, depth + width);
  const size_t pieces = (grid.count() + atOnce - 1) / atOnce;
  const size_t memory = context_.pieces.size() / context_.threads;
  parallelRange(pieces, [&](size_t begin, size_t last, size_t rank) {
    float* const patches = context_.pieces.data() + rank * memory;
    for (size_t piece = begin; piece < last; piece++) {
      const size_t first = piece * atOnce, count = std::min(atOnce, grid.count() - first);
      float* const results = patches + count * depth;
      gatherPatches(grid, from, first, first + count, patches);
      kernels.plain({patches, depth}, {product.matrix.data(), width}, depth, results, width,
                    static_cast<int>(count), width, false);
      for (size_t i = 0; i < count; i++) {
        const size_t pixel = targetPixel(grid, shape, first + i);
        finishRow(results + i * width, end, pixelOf(addend, pixel), pixelOf(to.unactivated, pixel),
                  pixelOf(to.activated, pixel), shape.c);
      }
    }
  });
}

MatrixView PatchConvolution::gradientRows(const Activation& dy, size_t first, size_t count,
                                          float* memory) const {
  const size_t stride = dy.channelStride();
  const float* rows = floats(dy) + first * stride;
  if (outWidth_ == out_) return {rows, static_cast<ptrdiff_t>(stride)};
  for (size_t i = 0; i < count; i++) {
    float* row = memory + i * outWidth_;
    std::copy(rows + i * stride, rows + i * stride + out_, row);
    std::fill(row + out_, row + outWidth_, 0.0f);
  }
  return {memory, outWidth_};
}

void PatchConvolution::backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                                       float* dBias) {
  const PatchGrid& grid = results_[0].grid;
  const int depth = grid.depth();
  const size_t atOnce = rowsFor(kSharedFloats, depth + outWidth_);
  float* const patches = context_.shared.data();
  float* const filledUp = patches + atOnce * depth;
#pragma omp parallel
  {
    const size_t team = omp_get_num_threads(), rank = omp_get_thread_num();
    const int begin = static_cast<int>(depth * rank / team);
    const int end = static_cast<int>(depth * (rank + 1) / team);
    for (size_t first = 0; first < grid.count(); first += atOnce) {
      const size_t count = std::min(atOnce, grid.count() - first);
      const size_t from = count * rank / team, to = count * (rank + 1) / team;
      gatherPatches(grid, x, first + from, first + to, patches + from * depth);
      gradientRows(dy, first + from, to - from, filledUp + from * outWidth_);
#pragma omp barrier
      const MatrixView gradients = outWidth_ == out_ ? gradientRows(dy, first, count, nullptr)
                                                     : MatrixView{filledUp, outWidth_};
      forward_.transposed({patches + begin, depth}, gradients, static_cast<int>(count),
                          context_.sums.data() + static_cast<size_t>(begin) * outWidth_, outWidth_,
                          end - begin, outWidth_, first > 0);
#pragma omp barrier
    }
  }
  storeWeightGradient(dWeight);
  if (dBias) biasGradient(dy, config_.outputScale, context_.biasSums, dBias);
}

void PatchConvolution::storeWeightGradient(float* dWeight) const {
  parallelRange(out_, [&](size_t begin, size_t end, size_t) {
    for (size_t o = begin; o < end; o++) {
      for (int c = 0; c < in_; c++) {
        for (int t = 0; t < taps_; t++) {
          dWeight[(o * in_ + c) * taps_ + t] =
              config_.outputScale *
              context_.sums[(static_cast<size_t>(t) * in_ + c) * outWidth_ + o];
        }
      }
    }
  });
}

}  // namespace

std::unique_ptr<Convolution> patchConvolution(PatchContext& context,
                                              const ConvolutionConfig& config) {
  return std::make_unique<PatchConvolution>(context, config);
}

}  // namespace evensr
