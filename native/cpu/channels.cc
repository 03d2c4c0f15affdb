// Channels moved and changed one by one. In NHWC those of a pixel lie side by side.
#include <algorithm>

#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

// Calls copy(part, whole) with the first elements of a part's run of channels, for every pixel and
// part.
template <class Copy>
void eachRun(const std::vector<Activation>& parts, const Activation& whole, const Copy& copy) {
  const size_t wholeStride = whole.channelStride();
  parallelRange(whole.shape.elements() / whole.shape.c, [&](size_t begin, size_t end, size_t) {
    size_t first = 0;
    for (const Activation& part : parts) {
      const size_t count = part.shape.c, stride = part.channelStride();
      if (part.data) {
        for (size_t pixel = begin; pixel < end; pixel++) {
          copy(floats(part) + pixel * stride, floats(whole) + pixel * wholeStride + first, count);
        }
      }
      first += count;
    }
  });
}

}  // namespace

void CpuNetworkBackend::concat(const std::vector<Activation>& parts, const Activation& y) {
  eachRun(parts, y, [](const float* part, float* whole, size_t count) {
    std::copy(part, part + count, whole);
  });
}

void CpuNetworkBackend::split(const Activation& y, const std::vector<Activation>& parts) {
  eachRun(parts, y, [](float* part, const float* whole, size_t count) {
    std::copy(whole, whole + count, part);
  });
}

void CpuNetworkBackend::affine(const Activation& x, const double* scale, const double* shift,
                               const Activation& y) {
  const size_t channels = x.shape.c;
  parallelRange(x.shape.elements() / channels, [&](size_t begin, size_t end, size_t) {
    for (size_t c = 0; c < channels; c++) {
      const float factor = static_cast<float>(scale[c]);
      const float offset = shift ? static_cast<float>(shift[c]) : 0;
      for (size_t i = begin * channels + c; i < end * channels; i += channels) {
        floats(y)[i] = factor * floats(x)[i] + offset;
      }
    }
  });
}

}  // namespace evensr
