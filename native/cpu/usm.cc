#include <algorithm>
#include <cstring>

#include "clones.h"
#include "cpu/correlate_rows.h"
#include "cpu/operators.h"
#include "math/pixel.h"
#include "math/special.h"

namespace evensr::cpu {
namespace {

// Radius 50 made odd; sigma is OpenCV's for that size, 0.3 ((51 - 1) / 2 - 1) + 0.8 = 8.
constexpr int kSize = 51;
constexpr double kSigma = 8.0;
constexpr float kAmount = 0.5f;
constexpr float kThreshold = 10;  // 8-bit levels

struct UsmRow {
  float taps[kSize];
  UsmRow() {
    double row[kSize], sum = 0;
    for (int i = 0; i < kSize; i++) {
      const double x = i - kSize / 2;
      row[i] = portableExp(-x * x / (2 * kSigma * kSigma));
      sum += row[i];
    }
    for (int i = 0; i < kSize; i++) taps[i] = static_cast<float>(row[i] / sum);
  }
};

EVENSR_CLONES void maskOfEdges(const float* image, const float* blurred, size_t n, float* mask) {
  for (size_t i = 0; i < n; i++) {
    const float residual = image[i] - blurred[i];
    const float level = (residual < 0 ? -residual : residual) * 255;
    mask[i] = level > kThreshold ? 1.0f : 0.0f;
  }
}

EVENSR_CLONES void blend(const float* image, const float* blurred, const float* soft, size_t n,
                         float* out) {
  for (size_t i = 0; i < n; i++) {
    const float sharp = clamp01(image[i] + kAmount * (image[i] - blurred[i]));
    out[i] = soft[i] * sharp + (1 - soft[i]) * image[i];
  }
}

// Rows of the blurred image are kept while the mask that is made of them is blurred below: up to
// two strips, and as far as a kernel reaches, which is another two.
constexpr int kKeptRows = 4 * kStripRows;
static_assert(kKeptRows >= 2 * kStripRows + kSize / 2);

// Both passes run down the plane together, so that what lies between them stays in the cache.
void usmPlane(PlaneView image, const float* taps, float* out, Scratch& scratch) {
  ScratchFrame frame(scratch);
  const int height = image.height, width = image.width;
  const RowPass imageRows(frame, taps, kSize, width), maskRows(frame, taps, kSize, width);
  StripPass blur(frame, trimColumn(taps, kSize), height, width, width);
  StripPass soften(frame, trimColumn(taps, kSize), height, width, width);
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

// Real-ESRGAN's USMSharp (arXiv 2107.10833, section 3.4 and released code): B = G * I,
// mask = |I - B| 255 > 10, soft = G * mask, S = clamp(I + 0.5 (I - B), 0, 1),
// out = soft S + (1 - soft) I, each channel on its own.
void usm(ImageView in, ImageView out, Scratch& scratch) {
  static const UsmRow row;
  for (int c = 0; c < in.channels; c++) {
    const PlaneView image{in.data + c * in.plane(), in.height, in.width};
    usmPlane(image, row.taps, out.data + c * out.plane(), scratch);
  }
}

}  // namespace evensr::cpu
