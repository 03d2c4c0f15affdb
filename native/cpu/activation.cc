// Activations and sums. NHWC makes them flat loops; slopes per channel repeat with a fixed period.
#include <algorithm>

#include "clones.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

// Elements that one pattern of slopes covers, about: a few vectors of every width, well within L1.
constexpr int kPatternElements = 1024;
// Partial sums of slope gradients. Fixed, so that the number of threads does not change a bit.
constexpr size_t kPartialSums = 64;

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

EVENSR_CLONES void leakyReluRun(const float* x, float slope, float* y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

EVENSR_CLONES void leakyReluBackwardRun(const float* y, float slope, const float* dy, float* dx,
                                        size_t count) {
  for (size_t i = 0; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
}

EVENSR_CLONES void addRun(const float* a, const float* b, float scale, float* y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = a[i] + scale * b[i];
}

EVENSR_CLONES void scaleRun(const float* x, float scale, float* y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = scale * x[i];
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
  if (!dSlope) return;
  const size_t channels = x.shape.c;
  for (size_t c = 0; c < channels; c++) {
    double sum = 0;
    for (size_t i = c; i < partial_.size(); i += channels) sum += partial_[i];
    dSlope[c] = static_cast<float>(sum);
  }
}

void CpuNetworkBackend::leakyRelu(const Activation& x, float slope, const Activation& y) {
  parallelRange(x.shape.elements(), [&](size_t begin, size_t end, size_t) {
    leakyReluRun(floats(x) + begin, slope, floats(y) + begin, end - begin);
  });
}

void CpuNetworkBackend::leakyReluBackward(const Activation& y, float slope, const Activation& dy,
                                          const Activation& dx) {
  parallelRange(y.shape.elements(), [&](size_t begin, size_t end, size_t) {
    leakyReluBackwardRun(floats(y) + begin, slope, floats(dy) + begin, floats(dx) + begin,
                         end - begin);
  });
}

void CpuNetworkBackend::add(const Activation& a, const Activation& b, float scale,
                            const Activation& y) {
  parallelRange(y.shape.elements(), [&](size_t begin, size_t end, size_t) {
    addRun(floats(a) + begin, floats(b) + begin, scale, floats(y) + begin, end - begin);
  });
}

void CpuNetworkBackend::scale(const Activation& x, float scale, const Activation& y) {
  parallelRange(y.shape.elements(), [&](size_t begin, size_t end, size_t) {
    scaleRun(floats(x) + begin, scale, floats(y) + begin, end - begin);
  });
}

}  // namespace evensr
