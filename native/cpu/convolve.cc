#include "cpu/convolve.h"

#include <algorithm>
#include <cstring>

#include "cpu/correlate_rows.h"

namespace evensr::cpu {

Extent extentOf(const float* taps, int size) {
  Extent extent{size / 2, size / 2 + 1};
  for (int i = 0; i < size; i++) {
    if (taps[i] == 0) continue;
    extent.begin = std::min(extent.begin, i);
    extent.end = std::max(extent.end, i + 1);
  }
  return extent;
}

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

TrimmedKernel trimColumn(const float* column, int size) {
  const Extent extent = extentOf(column, size);
  TrimmedKernel kernel{
      {column + extent.begin, 1, extent.length(), {}, {}}, size / 2 - extent.begin, 0, 1};
  std::fill_n(kernel.taps.end, extent.length(), 1);
  return kernel;
}

void correlate(PlaneView image, const float* taps, int size, float* out, Scratch& scratch,
               int rowStep) {
  ScratchFrame frame(scratch);
  const TrimmedKernel kernel = trim(taps, size);
  const PaddedRow padding(image.width, kernel.left, kernel.width);
  StripPass strips(frame, kernel, image.height, image.width, padding.floats, rowStep);
  const size_t stride = image.width;
  for (int top = 0; top < image.height; top += kStripRows) {
    strips.run(top, out + top * stride, stride, [&](int y, float* place) {
      std::memcpy(place + padding.left, image.row(y), stride * sizeof(float));
      padding.reflectEnds(place);
    });
  }
}

void correlateSeparable(PlaneView image, const float* row, const float* column, int size,
                        float* out, Scratch& scratch, int rowStep) {
  ScratchFrame frame(scratch);
  const RowPass rows(frame, row, size, image.width);
  StripPass strips(frame, trimColumn(column, size), image.height, image.width, image.width,
                   rowStep);
  const size_t stride = image.width;
  for (int top = 0; top < image.height; top += kStripRows) {
    strips.run(top, out + top * stride, stride, [&](int y, float* place) {
      std::memcpy(rows.place(), image.row(y), stride * sizeof(float));
      rows.run(place);
    });
  }
}

}  // namespace evensr::cpu
