#include "cpu/bias_gradient.h"

#include "clones.h"
#include "cpu/channel_sums.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

// Fixed, so that the number of threads does not change a bit.
constexpr size_t kParts = 64;

EVENSR_CLONES void addRows(const float* rows, size_t stride, size_t width, size_t count,
                           float* sum) {
  for (size_t row = 0; row < count; row++, rows += stride) {
    for (size_t i = 0; i < width; i++) sum[i] += rows[i];
  }
}

}  // namespace

void biasGradient(const Activation& dy, float scale, std::vector<float>& sums, float* dBias) {
  const size_t pixels = dy.shape.n * dy.shape.plane(), channels = dy.shape.c;
  const size_t stride = dy.channelStride();
  sums.assign(kParts * channels, 0);
  parallelRange(kParts, [&](size_t begin, size_t end, size_t) {
    for (size_t part = begin; part < end; part++) {
      const size_t first = pixels * part / kParts, last = pixels * (part + 1) / kParts;
      addRows(floats(dy) + first * stride, stride, channels, last - first, &sums[part * channels]);
    }
  });
  sumChannels(sums, channels, scale, dBias);
}

}  // namespace evensr
