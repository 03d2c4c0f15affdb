#include "cpu/resize_taps.h"

#include "clones.h"

namespace evensr::cpu {
namespace {

EVENSR_CLONES void columnFirst(const float* in, float w, int n, float* out) {
  for (int x = 0; x < n; x++) out[x] = w * in[x];
}

EVENSR_CLONES void columnNext(const float* in, float w, int n, float* out) {
  for (int x = 0; x < n; x++) out[x] += w * in[x];
}

EVENSR_CLONES void column2(const float* a, const float* b, float wa, float wb, int n, float* out) {
  for (int x = 0; x < n; x++) out[x] = wa * a[x] + wb * b[x];
}

EVENSR_CLONES void column4(const float* const* in, const float* w, int n, float* out) {
  const float *a = in[0], *b = in[1], *c = in[2], *d = in[3];
  const float wa = w[0], wb = w[1], wc = w[2], wd = w[3];
  for (int x = 0; x < n; x++) out[x] = wa * a[x] + wb * b[x] + wc * c[x] + wd * d[x];
}

EVENSR_CLONES void rowNext(const float* in, const int* index, const float* weight, int n,
                           float* out) {
  for (int x = 0; x < n; x++) out[x] += weight[x] * in[index[x]];
}

EVENSR_CLONES void rowFirst(const float* in, const int* index, const float* weight, int n,
                            float* out) {
  for (int x = 0; x < n; x++) out[x] = weight[x] * in[index[x]];
}

EVENSR_CLONES void row2(const float* in, const int* index, const float* weight, int n, float* out) {
  const int *i0 = index, *i1 = i0 + n;
  const float *w0 = weight, *w1 = w0 + n;
  for (int x = 0; x < n; x++) out[x] = w0[x] * in[i0[x]] + w1[x] * in[i1[x]];
}

EVENSR_CLONES void row4(const float* in, const int* index, const float* weight, int n, float* out) {
  const int *i0 = index, *i1 = i0 + n, *i2 = i1 + n, *i3 = i2 + n;
  const float *w0 = weight, *w1 = w0 + n, *w2 = w1 + n, *w3 = w2 + n;
  for (int x = 0; x < n; x++) {
    out[x] = w0[x] * in[i0[x]] + w1[x] * in[i1[x]] + w2[x] * in[i2[x]] + w3[x] * in[i3[x]];
  }
}

// Row y of the plane (.., width) after the columns.
void combineRows(const float* plane, int width, const TapTable& rows, int y, float* out) {
  const auto rowOf = [&](int k) {
    return plane + static_cast<size_t>(rows.index[static_cast<size_t>(k) * rows.out + y]) * width;
  };
  const auto weightOf = [&](int k) { return rows.weight[static_cast<size_t>(k) * rows.out + y]; };
  if (rows.taps == 2) {
    column2(rowOf(0), rowOf(1), weightOf(0), weightOf(1), width, out);
  } else if (rows.taps == 4) {
    const float* four[4] = {rowOf(0), rowOf(1), rowOf(2), rowOf(3)};
    const float weights[4] = {weightOf(0), weightOf(1), weightOf(2), weightOf(3)};
    column4(four, weights, width, out);
  } else {
    columnFirst(rowOf(0), weightOf(0), width, out);
    for (int k = 1; k < rows.taps; k++) {
      if (weightOf(k) != 0) columnNext(rowOf(k), weightOf(k), width, out);
    }
  }
}

void combineColumns(const float* row, const TapTable& columns, float* out) {
  const int n = columns.out;
  if (columns.taps == 2) {
    row2(row, columns.index, columns.weight, n, out);
  } else if (columns.taps == 4) {
    row4(row, columns.index, columns.weight, n, out);
  } else {
    rowFirst(row, columns.index, columns.weight, n, out);
    for (int k = 1; k < columns.taps; k++) {
      const size_t at = static_cast<size_t>(k) * n;
      rowNext(row, columns.index + at, columns.weight + at, n, out);
    }
  }
}

}  // namespace

TapTable::TapTable(ScratchFrame& frame, int taps, int out)
    : taps(taps),
      out(out),
      index(frame.take<int>(static_cast<size_t>(taps) * out)),
      weight(frame.take<float>(static_cast<size_t>(taps) * out)) {}

void applyTaps(ImageView in, ImageView out, const TapTable& rows, const TapTable& columns,
               Scratch& scratch) {
  ScratchFrame frame(scratch);
  float* row = frame.take<float>(in.width);
  for (int c = 0; c < in.channels; c++) {
    const float* plane = in.data + c * in.plane();
    for (int y = 0; y < out.height; y++) {
      combineRows(plane, in.width, rows, y, row);
      combineColumns(row, columns, out.data + c * out.plane() + static_cast<size_t>(y) * out.width);
    }
  }
}

}  // namespace evensr::cpu
