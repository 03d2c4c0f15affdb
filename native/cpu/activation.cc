// Activations and sums. NHWC makes them flat loops, or a row for each pixel where channels are a
// slice; slopes per channel repeat with a fixed period.
#include <algorithm>

#include "clones.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"
#include "cpu/channel_sums.h"

namespace evensr {
namespace {

// Elements that one pattern of slopes covers, about: a few vectors of every width, well within L1.
constexpr int kPatternElements = 1024;
// Partial sums of slope gradients. Fixed, so that the number of threads does not change a bit.
constexpr size_t kPartialSums = 64;

// A row of an activation, and how far it is to the next.
struct Rows {
  float* at;
  size_t stride;
  void next() { at += stride; }
};

Rows rowsFrom(const Activation& x, bool slices, size_t begin) {
  const size_t stride = slices ? x.channelStride() : 1;
  return {floats(x) + begin * stride, stride};
}

EVENSR_CLONES void preluRun(const float* x, const float* slope, float* y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slope[i] * x[i];
}

// sum[i] += the slope gradient; dx may be dy.
EVENSR_CLONES void preluBackwardRun(const float* x, const float* slope, const float* dy, float* dx,
                                    float* sum, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const bool positive = x[i] > 0;
    const float gradient = dy[i];
    sum[i] += positive ? 0 : gradient * x[i];
    dx[i] = positive ? gradient : slope[i] * gradient;
  }
}

EVENSR_CLONES void slopeGradientRun(const float* x, const float* dy, float* sum, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += x[i] > 0 ? 0 : dy[i] * x[i];
}

// The loops below run over `rows` rows of `width` elements, each activation with its own stride.

EVENSR_CLONES void leakyReluRows(Rows x, float slope, Rows y, size_t width, size_t rows) {
  for (size_t row = 0; row < rows; row++, x.next(), y.next()) {
    for (size_t i = 0; i < width; i++) y.at[i] = x.at[i] > 0 ? x.at[i] : slope * x.at[i];
  }
}

EVENSR_CLONES void leakyReluBackwardRows(Rows y, float slope, Rows dy, Rows dx, size_t width,
                                         size_t rows) {
  for (size_t row = 0; row < rows; row++, y.next(), dy.next(), dx.next()) {
    for (size_t i = 0; i < width; i++) dx.at[i] = y.at[i] > 0 ? dy.at[i] : slope * dy.at[i];
  }
}

EVENSR_CLONES void addRows(Rows a, Rows b, float scale, Rows y, size_t width, size_t rows) {
  for (size_t row = 0; row < rows; row++, a.next(), b.next(), y.next()) {
    for (size_t i = 0; i < width; i++) y.at[i] = a.at[i] + scale * b.at[i];
  }
}

EVENSR_CLONES void scaleRows(Rows x, float scale, Rows y, size_t width, size_t rows) {
  for (size_t row = 0; row < rows; row++, x.next(), y.next()) {
    for (size_t i = 0; i < width; i++) y.at[i] = scale * x.at[i];
  }
}

// Calls body(begin, width, rows) for parts that make up activations of this shape. Without slices
// the whole activation is one row that is cut anywhere, otherwise every pixel is a row.
template <class Body>
void overRows(const Shape& shape, bool slices, const Body& body) {
  if (slices) {
    parallelRange(shape.n * shape.plane(),
                  [&](size_t begin, size_t end, size_t) { body(begin, shape.c, end - begin); });
  } else {
    parallelRange(shape.elements(),
                  [&](size_t begin, size_t end, size_t) { body(begin, end - begin, 1); });
  }
}

}  // namespace

// The slopes repeated over whole pixels.
const std::vector<float>& CpuNetworkBackend::slopePattern(const float* slope, int channels) {
  const int pixels = std::max(1, kPatternElements / channels);
  pattern_.resize(static_cast<size_t>(pixels) * channels);
  for (int i = 0; i < pixels; i++) std::copy(slope, slope + channels, &pattern_[i * channels]);
  return pattern_;
}

void CpuNetworkBackend::prelu(const Activation& x, const float* slope, const Activation& y) {
  const auto& pattern = slopePattern(slope, x.shape.c);
  const size_t total = x.shape.elements(), period = pattern.size();
  parallelRange((total + period - 1) / period, [&](size_t begin, size_t end, size_t) {
    for (size_t block = begin; block < end; block++) {
      const size_t at = block * period;
      preluRun(floats(x) + at, pattern.data(), floats(y) + at, std::min(period, total - at));
    }
  });
}

void CpuNetworkBackend::preluBackward(const Activation& x, const float* slope, const Activation& dy,
                                      const Activation& dx, float* dSlope) {
  const auto& pattern = slopePattern(slope, x.shape.c);
  const size_t total = x.shape.elements(), period = pattern.size();
  const size_t blocks = (total + period - 1) / period, parts = std::min(blocks, kPartialSums);
  partial_.assign(parts * period, 0);
  parallelRange(parts, [&](size_t begin, size_t end, size_t) {
    for (size_t part = begin; part < end; part++) {
      float* sum = &partial_[part * period];
      for (size_t block = blocks * part / parts; block < blocks * (part + 1) / parts; block++) {
        const size_t at = block * period, count = std::min(period, total - at);
        if (dx.data) {
          preluBackwardRun(floats(x) + at, pattern.data(), floats(dy) + at, floats(dx) + at, sum,
                           count);
        } else {
          slopeGradientRun(floats(x) + at, floats(dy) + at, sum, count);
        }
      }
    }
  });
  if (dSlope) sumChannels(partial_, x.shape.c, 1, dSlope);
}

void CpuNetworkBackend::leakyRelu(const Activation& x, float slope, const Activation& y) {
  const bool slices = x.isSlice() || y.isSlice();
  overRows(x.shape, slices, [&](size_t begin, size_t width, size_t rows) {
    leakyReluRows(rowsFrom(x, slices, begin), slope, rowsFrom(y, slices, begin), width, rows);
  });
}

void CpuNetworkBackend::leakyReluBackward(const Activation& y, float slope, const Activation& dy,
                                          const Activation& dx) {
  const bool slices = y.isSlice() || dy.isSlice() || dx.isSlice();
  overRows(y.shape, slices, [&](size_t begin, size_t width, size_t rows) {
    leakyReluBackwardRows(rowsFrom(y, slices, begin), slope, rowsFrom(dy, slices, begin),
                          rowsFrom(dx, slices, begin), width, rows);
  });
}

void CpuNetworkBackend::add(const Activation& a, const Activation& b, float scale,
                            const Activation& y) {
  const bool slices = a.isSlice() || b.isSlice() || y.isSlice();
  overRows(y.shape, slices, [&](size_t begin, size_t width, size_t rows) {
    addRows(rowsFrom(a, slices, begin), rowsFrom(b, slices, begin), scale,
            rowsFrom(y, slices, begin), width, rows);
  });
}

void CpuNetworkBackend::scale(const Activation& x, float scale, const Activation& y) {
  const bool slices = x.isSlice() || y.isSlice();
  overRows(y.shape, slices, [&](size_t begin, size_t width, size_t rows) {
    scaleRows(rowsFrom(x, slices, begin), scale, rowsFrom(y, slices, begin), width, rows);
  });
}

}  // namespace evensr
