#include <algorithm>
#include <cstring>

#include "clones.h"
#include "cpu/correlate_rows.h"
#include "cpu/operators.h"
#include "math/usm.h"

namespace evensr::cpu {
namespace {

EVENSR_CLONES void maskOfEdges(const float* image, const float* blurred, size_t n, float* mask) {
  for (size_t i = 0; i < n; i++) {
    mask[i] = usmMask(image[i], blurred[i]);
  }
}

EVENSR_CLONES void blend(const float* image, const float* blurred, const float* soft, size_t n,
                         float* out) {
  for (size_t i = 0; i < n; i++) {
    out[i] = usmBlend(image[i], blurred[i], soft[i]);
  }
}

// Rows of the blurred image are kept while the mask that is made of them is blurred below: up to
// two strips, and as far as a kernel reaches, which is another two.
constexpr int kKeptRows = 4 * kStripRows;
static_assert(kKeptRows >= 2 * kStripRows + kUsmSize / 2);

// Both passes run down the plane together, so that what lies between them stays in the cache.
void usmPlane(PlaneView image, const float* taps, float* out, Scratch& scratch) {
  ScratchFrame frame(scratch);
  const int height = image.height, width = image.width;
  const RowPass imageRows(frame, taps, kUsmSize, width), maskRows(frame, taps, kUsmSize, width);
  StripPass blur(frame, trimColumn(taps, kUsmSize), height, width, width);
  StripPass soften(frame, trimColumn(taps, kUsmSize), height, width, width);
  const RowRing blurred(frame, kKeptRows, width), soft(frame, kStripRows, width);
  int done = 0;
  const auto blurredRow = [&](int y) -> const float* {
    for (; done <= y; done += kStripRows) {
      blur.run(done, blurred.row(done), blurred.stride(), [&](int row, float* place) {
        std::memcpy(imageRows.place(), image.row(row), width * sizeof(float));
        imageRows.run(place);
      });
    }
    return blurred.row(y);
  };
  for (int top = 0; top < height; top += kStripRows) {
    soften.run(top, soft.row(0), soft.stride(), [&](int y, float* place) {
      maskOfEdges(image.row(y), blurredRow(y), width, maskRows.place());
      maskRows.run(place);
    });
    for (int y = top; y < std::min(top + kStripRows, height); y++) {
      blend(image.row(y), blurred.row(y), soft.row(y - top), width,
            out + static_cast<size_t>(y) * width);
    }
  }
}

}  // namespace

void usm(ImageView in, ImageView out, Scratch& scratch) {
  static const UsmRow row = usmRow();
  for (int c = 0; c < in.channels; c++) {
    const PlaneView image{in.data + c * in.plane(), in.height, in.width};
    usmPlane(image, row.taps, out.data + c * out.plane(), scratch);
  }
}

}  // namespace evensr::cpu
