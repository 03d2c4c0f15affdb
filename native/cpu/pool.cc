// Max pooling with windows that touch.
#include <algorithm>

#include "clones.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

EVENSR_CLONES void maxRun(const float* x, float* y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
}

// Calls body(first element of the window, distances of its pixels from there, element of the
// output) for every window, rows of the output in parallel.
template <class Body>
void eachWindow(const Shape& in, const Shape& out, int window, const Body& body) {
  std::vector<size_t> offsets;
  for (int dy = 0; dy < window; dy++) {
    for (int dx = 0; dx < window; dx++) {
      offsets.push_back((static_cast<size_t>(dy) * in.w + dx) * in.c);
    }
  }
  parallelRange(static_cast<size_t>(out.n) * out.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      const size_t n = row / out.h, y = row % out.h;
      for (int x = 0; x < out.w; x++) {
        const size_t first = ((n * in.h + y * window) * in.w + x * window) * in.c;
        body(first, offsets, (row * out.w + x) * out.c);
      }
    }
  });
}

}  // namespace

void CpuNetworkBackend::maxPool(const Activation& x, int window, const Activation& y) {
  const size_t channels = x.shape.c;
  eachWindow(x.shape, y.shape, window,
             [&](size_t first, const std::vector<size_t>& offsets, size_t to) {
               float* result = floats(y) + to;
               std::copy_n(floats(x) + first, channels, result);
               for (size_t i = 1; i < offsets.size(); i++) {
                 maxRun(floats(x) + first + offsets[i], result, channels);
               }
             });
}

void CpuNetworkBackend::maxPoolBackward(const Activation& x, int window, const Activation& dy,
                                        const Activation& dx) {
  const size_t channels = x.shape.c;
  const float* const values = floats(x);
  // What the windows leave over at the end of rows and columns has no gradient.
  std::fill_n(floats(dx), dx.shape.elements(), 0.0f);
  eachWindow(x.shape, dy.shape, window,
             [&](size_t first, const std::vector<size_t>& offsets, size_t from) {
               for (size_t c = 0; c < channels; c++) {
                 size_t largest = first + c;
                 for (const size_t offset : offsets) {
                   if (values[first + offset + c] > values[largest]) largest = first + offset + c;
                 }
                 floats(dx)[largest] = floats(dy)[from + c];
               }
             });
}

}  // namespace evensr
