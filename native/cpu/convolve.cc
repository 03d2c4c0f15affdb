#include "cpu/convolve.h"

#include <algorithm>
#include <cstring>

#include "cpu/correlate.h"

namespace evensr::cpu {
namespace {

constexpr int kHalfLine = 8;  // floats

int wholeVectors(int width) { return (width + kWidestVector - 1) / kWidestVector * kWidestVector; }

// The smallest [begin, end) around the centre that holds everything that is not 0.
struct Extent {
  int begin, end;
  int length() const { return end - begin; }
};

Extent extentOf(const float* taps, int size) {
  Extent extent{size / 2, size / 2 + 1};
  for (int i = 0; i < size; i++) {
    if (taps[i] == 0) continue;
    extent.begin = std::min(extent.begin, i);
    extent.end = std::max(extent.end, i + 1);
  }
  return extent;
}

// A kernel without the zeros around it, and how far it reaches from the centre.
struct TrimmedKernel {
  Taps taps;
  int above, left;
  int width;  // columns from the first to the last
};

TrimmedKernel trim(const float* taps, int size) {
  TrimmedKernel kernel;
  Extent rows{size / 2, size / 2 + 1}, columns = rows, extents[kMaxKernelSide];
  for (int y = 0; y < size; y++) {
    const float* row = taps + y * size;
    extents[y] = extentOf(row, size);
    if (extents[y].length() == 1 && row[size / 2] == 0) continue;
    rows = {std::min(rows.begin, y), std::max(rows.end, y + 1)};
    columns = {std::min(columns.begin, extents[y].begin), std::max(columns.end, extents[y].end)};
  }
  kernel.taps = {taps + rows.begin * size + columns.begin, size, rows.length(), {}, {}};
  for (int y = rows.begin; y < rows.end; y++) {
    kernel.taps.begin[y - rows.begin] = extents[y].begin - columns.begin;
    kernel.taps.end[y - rows.begin] = extents[y].end - columns.begin;
  }
  kernel.above = size / 2 - rows.begin;
  kernel.left = size / 2 - columns.begin;
  kernel.width = columns.length();
  return kernel;
}

// A column of taps, as it is used on rows that have been correlated already.
TrimmedKernel trimColumn(const float* column, int size) {
  const Extent extent = extentOf(column, size);
  TrimmedKernel kernel{
      {column + extent.begin, 1, extent.length(), {}, {}}, size / 2 - extent.begin, 0, 1};
  std::fill_n(kernel.taps.end, extent.length(), 1);
  return kernel;
}

// Rows 0, 1, ... of an image, of which the last few are kept. Rows a multiple of 1 KB apart would
// compete for the same cache sets.
class RowRing {
 public:
  RowRing(ScratchFrame& frame, int rows, int floats) : rows_(rows), stride_(wholeVectors(floats)) {
    if (stride_ % 256 == 0) stride_ += kWidestVector;
    data_ = frame.take<float>(stride_ * rows);
  }
  float* row(int y) const { return data_ + y % rows_ * stride_; }

 private:
  float* data_;
  size_t rows_, stride_;
};

// out(i) = in(i - left), reflected, for `count` floats; zero behind, up to whole vectors.
void padRow(const float* in, int width, int left, int count, int floats, float* out) {
  for (int i = 0; i < left; i++) out[i] = in[reflect(i - left, width)];
  std::memcpy(out + left, in, width * sizeof(float));
  for (int i = left + width; i < count; i++) out[i] = in[reflect(i - left, width)];
  std::fill(out + count, out + floats, 0.0f);
}

// Correlates strip by strip with what `makeRow(y, place)` puts into image row y; it is called once
// a row, in order.
template <class MakeRow>
void correlateRows(PlaneView image, const TrimmedKernel& kernel, int rowFloats, float* out,
                   ScratchFrame& frame, MakeRow&& makeRow) {
  const int height = image.height, span = kernel.taps.height;
  const RowRing ring(frame, kStripRows + span - 1, rowFloats);
  const CorrelateLoops& loops = correlateLoops();
  const auto correlateStrip = kernel.taps.stride == 1 ? loops.column : loops.strip;
  const float* rows[kStripRows + kMaxKernelSide - 1];
  int made = 0;
  for (int top = 0; top < height; top += kStripRows) {
    const int count = std::min(kStripRows, height - top);
    const int first = top - kernel.above;
    for (; made < std::min(height, first + count + span - 1); made++) makeRow(made, ring.row(made));
    for (int i = 0; i < count + span - 1; i++) rows[i] = ring.row(reflect(first + i, height));
    correlateStrip({rows, out + static_cast<size_t>(top) * image.width,
                    static_cast<size_t>(image.width), count, image.width},
                   kernel.taps);
  }
}

}  // namespace

int reflect(int i, int n) {
  if (i >= 0 && i < n) return i;
  const int once = i < 0 ? -i : 2 * (n - 1) - i;
  if (once >= 0 && once < n) return once;
  if (n == 1) return 0;
  const int period = 2 * (n - 1);
  i %= period;
  if (i < 0) i += period;
  return i < n ? i : period - i;
}

void correlate(PlaneView image, const float* taps, int size, float* out, Scratch& scratch) {
  ScratchFrame frame(scratch);
  const TrimmedKernel kernel = trim(taps, size);
  const int count = image.width + kernel.width - 1;
  const int floats = wholeVectors(image.width) + kernel.width - 1;
  correlateRows(image, kernel, floats, out, frame, [&](int y, float* place) {
    padRow(image.row(y), image.width, kernel.left, count, floats, place);
  });
}

void correlateSeparable(PlaneView image, const float* row, const float* column, int size,
                        float* out, Scratch& scratch) {
  ScratchFrame frame(scratch);
  const CorrelateLoops& loops = correlateLoops();
  const Extent extent = extentOf(row, size);
  const int count = image.width + extent.length() - 1;
  const int floats = wholeVectors(image.width) + extent.length() - 1;
  float* padded = frame.take<float>(floats);
  float* shifted = frame.take<float>(floats + kHalfLine) + kHalfLine;
  correlateRows(image, trimColumn(column, size), image.width, out, frame, [&](int y, float* place) {
    padRow(image.row(y), image.width, size / 2 - extent.begin, count, floats, padded);
    std::memcpy(shifted, padded, floats * sizeof(float));
    loops.row(padded, shifted, row + extent.begin, extent.length(), image.width, place);
  });
}

}  // namespace evensr::cpu
