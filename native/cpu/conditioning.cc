// Statistics of whole activations, and scales and shifts of each sample's channels that follow from
// them. Sums are by rows, so that the number of threads does not change a bit.
#include <algorithm>

#include "clones.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"
#include "math/statistics.h"

namespace evensr {
namespace {

// sums (2, C): of |x|, of x^2, over the pixels of a row.
EVENSR_CLONES void sumRow(const float* x, size_t pixels, size_t channels, double* sums) {
  for (size_t pixel = 0; pixel < pixels; pixel++, x += channels) {
    for (size_t c = 0; c < channels; c++) {
      const double value = x[c];
      sums[c] += value < 0 ? -value : value;
      sums[channels + c] += value * value;
    }
  }
}

EVENSR_CLONES void statisticsGradientRow(const float* x, const float* dMean, const float* dRms,
                                         float share, float* dx, size_t pixels, size_t channels) {
  for (size_t pixel = 0; pixel < pixels; pixel++, x += channels, dx += channels) {
    for (size_t c = 0; c < channels; c++) {
      dx[c] = statisticsGradient(x[c], dMean[c], dRms[c], share);
    }
  }
}

EVENSR_CLONES void modulateRow(const float* x, const float* m, float* y, size_t pixels,
                               size_t channels) {
  for (size_t pixel = 0; pixel < pixels; pixel++, x += channels, y += channels) {
    for (size_t c = 0; c < channels; c++) y[c] = x[c] + m[c] * x[c] + m[channels + c];
  }
}

EVENSR_CLONES void scaleRow(const float* dy, const float* m, float* dx, size_t pixels,
                            size_t channels) {
  for (size_t pixel = 0; pixel < pixels; pixel++, dy += channels, dx += channels) {
    for (size_t c = 0; c < channels; c++) dx[c] = dy[c] + m[c] * dy[c];
  }
}

// sums (2, C): of dy x, of dy.
EVENSR_CLONES void modulationGradientRow(const float* x, const float* dy, size_t pixels,
                                         size_t channels, float* sums) {
  for (size_t pixel = 0; pixel < pixels; pixel++, x += channels, dy += channels) {
    for (size_t c = 0; c < channels; c++) {
      sums[c] += dy[c] * x[c];
      sums[channels + c] += dy[c];
    }
  }
}

// Calls body(row of all samples, first element of the row, sample) in parallel.
template <class Body>
void eachRow(const Shape& shape, const Body& body) {
  const size_t width = static_cast<size_t>(shape.w) * shape.c;
  parallelRange(static_cast<size_t>(shape.n) * shape.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) body(row, row * width, row / shape.h);
  });
}

// Value i of a sample's `count` sums over its rows.
template <class Sum>
double sumOfRows(const std::vector<Sum>& sums, const Shape& shape, size_t sample, size_t i) {
  const size_t count = 2 * static_cast<size_t>(shape.c);
  double total = 0;
  for (int y = 0; y < shape.h; y++) total += sums[(sample * shape.h + y) * count + i];
  return total;
}

}  // namespace

void CpuNetworkBackend::globalStatistics(const Activation& x, const Activation& y) {
  const Shape& s = x.shape;
  const size_t channels = s.c;
  rowSums_.assign(static_cast<size_t>(s.n) * s.h * 2 * channels, 0);
  eachRow(s, [&](size_t row, size_t at, size_t) {
    sumRow(floats(x) + at, s.w, channels, &rowSums_[row * 2 * channels]);
  });
  const double pixels = static_cast<double>(s.plane());
  for (int n = 0; n < s.n; n++) {
    float* result = floats(y) + n * 2 * channels;
    for (size_t c = 0; c < channels; c++) {
      result[c] = static_cast<float>(sumOfRows(rowSums_, s, n, c) / pixels);
      result[channels + c] = rootMeanSquare(sumOfRows(rowSums_, s, n, channels + c), pixels);
    }
  }
}

void CpuNetworkBackend::globalStatisticsBackward(const Activation& x, const Activation& y,
                                                 const Activation& dy, const Activation& dx) {
  const Shape& s = x.shape;
  const size_t channels = s.c;
  partial_.resize(s.n * channels);
  for (int n = 0; n < s.n; n++) {
    for (size_t c = 0; c < channels; c++) {
      const size_t rms = (2 * n + 1) * channels + c;
      partial_[n * channels + c] = floats(dy)[rms] / floats(y)[rms];
    }
  }
  const float share = static_cast<float>(1.0 / s.plane());
  eachRow(s, [&](size_t, size_t at, size_t n) {
    statisticsGradientRow(floats(x) + at, floats(dy) + n * 2 * channels, &partial_[n * channels],
                          share, floats(dx) + at, s.w, channels);
  });
}

void CpuNetworkBackend::modulate(const Activation& x, const Activation& m, const Activation& y) {
  const Shape& s = x.shape;
  eachRow(s, [&](size_t, size_t at, size_t n) {
    modulateRow(floats(x) + at, floats(m) + n * 2 * s.c, floats(y) + at, s.w, s.c);
  });
}

// A row's sums come before its dx, which may be dy.
void CpuNetworkBackend::modulateBackward(const Activation& x, const Activation& m,
                                         const Activation& dy, const Activation& dx,
                                         const Activation& dm) {
  const Shape& s = x.shape;
  const size_t count = 2 * static_cast<size_t>(s.c);
  if (dm.data) partial_.assign(static_cast<size_t>(s.n) * s.h * count, 0);
  eachRow(s, [&](size_t row, size_t at, size_t n) {
    const float* gradient = floats(dy) + at;
    if (dm.data) {
      modulationGradientRow(floats(x) + at, gradient, s.w, s.c, &partial_[row * count]);
    }
    if (dx.data) scaleRow(gradient, floats(m) + n * count, floats(dx) + at, s.w, s.c);
  });
  if (!dm.data) return;
  for (int n = 0; n < s.n; n++) {
    for (size_t i = 0; i < count; i++) {
      floats(dm)[n * count + i] = static_cast<float>(sumOfRows(partial_, s, n, i));
    }
  }
}

}  // namespace evensr
