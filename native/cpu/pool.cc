// Max pooling.
#include <algorithm>

#include "clones.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

EVENSR_CLONES void maxRun(const float* x, float* y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
}

// A window's part of one axis.
struct Range {
  int begin, end;
};

Range rangeOf(const PoolWindows& windows, int at, int side) {
  const int first = at * windows.stride - windows.padding;
  return {std::max(first, 0), std::min(first + windows.size, side)};
}

// Calls body(elements at which the window's pixels begin, row by row; element of the output) for
// every window of a range of the output's rows.
template <class Body>
void eachWindow(const Shape& in, const Shape& out, const PoolWindows& windows, Range rows,
                const Body& body) {
  std::vector<size_t> pixels;
  for (int row = rows.begin; row < rows.end; row++) {
    const size_t n = row / out.h;
    const Range ys = rangeOf(windows, row % out.h, in.h);
    for (int x = 0; x < out.w; x++) {
      const Range xs = rangeOf(windows, x, in.w);
      pixels.clear();
      for (int iy = ys.begin; iy < ys.end; iy++) {
        for (int ix = xs.begin; ix < xs.end; ix++) {
          pixels.push_back(((n * in.h + iy) * in.w + ix) * in.c);
        }
      }
      body(pixels, (static_cast<size_t>(row) * out.w + x) * out.c);
    }
  }
}

// Calls body(range of the output's rows) in parallel, `unit` rows at least.
template <class Body>
void eachRange(const Shape& out, int unit, const Body& body) {
  parallelRange(static_cast<size_t>(out.n) * out.h / unit, [&](size_t begin, size_t end, size_t) {
    body(Range{static_cast<int>(begin) * unit, static_cast<int>(end) * unit});
  });
}

}  // namespace

void CpuNetworkBackend::maxPool(const Activation& x, const PoolWindows& windows,
                                const Activation& y) {
  const size_t channels = x.shape.c;
  eachRange(y.shape, 1, [&](Range rows) {
    eachWindow(x.shape, y.shape, windows, rows, [&](const std::vector<size_t>& pixels, size_t to) {
      float* result = floats(y) + to;
      std::copy_n(floats(x) + pixels[0], channels, result);
      for (size_t i = 1; i < pixels.size(); i++) maxRun(floats(x) + pixels[i], result, channels);
    });
  });
}

void CpuNetworkBackend::maxPoolBackward(const Activation& x, const PoolWindows& windows,
                                        const Activation& dy, const Activation& dx) {
  const size_t channels = x.shape.c;
  const float* const values = floats(x);
  // What no window holds as its largest has no gradient.
  std::fill_n(floats(dx), dx.shape.elements(), 0.0f);
  // Windows that overlap add to the same pixels: a whole image for one thread.
  const int unit = windows.stride < windows.size ? dy.shape.h : 1;
  eachRange(dy.shape, unit, [&](Range rows) {
    eachWindow(x.shape, dy.shape, windows, rows,
               [&](const std::vector<size_t>& pixels, size_t from) {
                 for (size_t c = 0; c < channels; c++) {
                   size_t largest = pixels[0] + c;
                   for (const size_t pixel : pixels) {
                     if (values[pixel + c] > values[largest]) largest = pixel + c;
                   }
                   floats(dx)[largest] += floats(dy)[from + c];
                 }
               });
  });
}

}  // namespace evensr
