// Correlation row by row: what blur and USM have in common, and may put between the rows.
#pragma once

#include <algorithm>
#include <cstring>

#include "cpu/convolve.h"
#include "cpu/correlate.h"

namespace evensr::cpu {

constexpr int wholeVectors(int width) {
  return (width + kWidestVector - 1) / kWidestVector * kWidestVector;
}

// The smallest [begin, end) around the centre that holds everything that is not 0.
struct Extent {
  int begin, end;
  int length() const { return end - begin; }
};

Extent extentOf(const float* taps, int size);

// A kernel without the zeros around it, and how far it reaches from the centre.
struct TrimmedKernel {
  Taps taps;
  int above, left;
  int width;  // columns from the first to the last
};

TrimmedKernel trim(const float* taps, int size);

// A column of taps, as it is used on rows that have been correlated already.
TrimmedKernel trimColumn(const float* column, int size);

// Rows 0, 1, ... of an image, of which the last few are kept. Rows a multiple of 1 KB apart would
// compete for the same cache sets.
class RowRing {
 public:
  RowRing(ScratchFrame& frame, int rows, int floats) : rows_(rows), stride_(wholeVectors(floats)) {
    if (stride_ % 256 == 0) stride_ += kWidestVector;
    data_ = frame.take<float>(stride_ * rows);
  }
  float* row(int y) const { return data_ + y % rows_ * stride_; }
  size_t stride() const { return stride_; }

 private:
  float* data_;
  size_t rows_, stride_;
};

// A row with what lies beyond its ends: `left` floats before it, and as many behind it as make
// `count` together; zero from there on, up to `floats`.
struct PaddedRow {
  int width, left, count, floats;

  // For taps from -left to span - 1 - left.
  PaddedRow(int width, int left, int span)
      : width(width), left(left), count(width + span - 1), floats(wholeVectors(width) + span - 1) {}

  // The row itself is in its place already.
  void reflectEnds(float* row) const {
    float* inner = row + left;
    const int right = count - left - width;
    if (left < width && right < width) {
      for (int i = 1; i <= left; i++) inner[-i] = inner[i];
      for (int i = 1; i <= right; i++) inner[width - 1 + i] = inner[width - 1 - i];
    } else {
      for (int i = -left; i < 0; i++) inner[i] = inner[reflect(i, width)];
      for (int i = width; i < width + right; i++) inner[i] = inner[reflect(i, width)];
    }
    std::fill(row + count, row + floats, 0.0f);
  }
};

// Correlates rows with one row of taps.
class RowPass {
 public:
  RowPass(ScratchFrame& frame, const float* taps, int size, int width)
      : extent_(extentOf(taps, size)),
        padding_(width, size / 2 - extent_.begin, extent_.length()),
        taps_(taps + extent_.begin),
        padded_(frame.take<float>(padding_.floats)),
        shifted_(frame.take<float>(padding_.floats + kHalfLine) + kHalfLine) {}

  // Where the next row goes.
  float* place() const { return padded_ + padding_.left; }
  // `out` takes whole vectors.
  void run(float* out) const {
    padding_.reflectEnds(padded_);
    std::memcpy(shifted_, padded_, padding_.floats * sizeof(float));
    correlateLoops().row(padded_, shifted_, taps_, extent_.length(), padding_.width, out);
  }

 private:
  static constexpr int kHalfLine = 8;  // floats
  Extent extent_;
  PaddedRow padding_;
  const float* taps_;
  float *padded_, *shifted_;
};

// Output rows in order, kStripRows at a time, from image rows of `floats` floats that are made when
// they are first needed. Of the output, only every rowStep-th row is made.
class StripPass {
 public:
  StripPass(ScratchFrame& frame, const TrimmedKernel& kernel, int height, int width, int floats,
            int rowStep = 1)
      : kernel_(kernel),
        rowStep_(rowStep),
        ring_(frame, kStripRows + kernel.taps.height - 1, floats),
        height_(height),
        width_(width) {}

  // Rows top .. top + kStripRows - 1, as far as there are any. `makeRow(y, place)` fills image row
  // y; it is called once a row, in order.
  template <class MakeRow>
  void run(int top, float* out, size_t stride, MakeRow&& makeRow) {
    const int count = std::min(kStripRows, height_ - top);
    const int needed = count + kernel_.taps.height - 1, first = top - kernel_.above;
    for (; made_ < std::min(height_, first + needed); made_++) makeRow(made_, ring_.row(made_));
    const float* rows[kStripRows + kMaxKernelSide - 1];
    for (int i = 0; i < needed; i++) rows[i] = ring_.row(reflect(first + i, height_));
    const CorrelateLoops& loops = correlateLoops();
    const auto correlateStrip = kernel_.taps.stride == 1 ? loops.column : loops.strip;
    if (rowStep_ == 1) return correlateStrip({rows, out, stride, count, width_}, kernel_.taps);
    const int begin = (rowStep_ - top % rowStep_) % rowStep_;
    for (int y = begin; y < count; y += rowStep_) {
      correlateStrip({rows + y, out + y * stride, stride, 1, width_}, kernel_.taps);
    }
  }

 private:
  TrimmedKernel kernel_;
  int rowStep_;
  RowRing ring_;
  int height_, width_;
  int made_ = 0;
};

}  // namespace evensr::cpu
