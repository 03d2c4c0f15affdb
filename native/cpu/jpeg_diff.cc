// DiffJPEG on the CPU: strips of 16 rows, and in them groups of 8 blocks, one a SIMD lane.
//
// Quirks of the reference that are kept: black padding to a multiple of 16, the transposed
// luminance table (math/jpeg.h), 2x2 means and replication for chroma, no rounding to 8 bits.
#include <algorithm>
#include <cstring>

#include "clones.h"
#include "cpu/operators.h"
#include "cpu/transpose.h"
#include "error.h"
#include "math/jpeg.h"

namespace evensr::cpu {

namespace {

constexpr int kBlocks = 8;  // coded at once, one a lane
constexpr int kMcu = 16;

// One strip of the padded image: y is 16 x width; cb and cr are 8 x width / 2, one after the other,
// so that they are coded as one plane of 16 rows.
struct Strip {
  float* y;
  float* chroma;
  float* fullChroma;  // two rows of each chroma plane at full width
  int width;          // a multiple of 16
};

// Rows of the image, [0, 1]; `columns` of them exist, the rest up to the strip's width is black.
EVENSR_CLONES void rowToYcc(const float* __restrict r, const float* __restrict g,
                            const float* __restrict b, int columns, int width, float* __restrict y,
                            float* __restrict cb, float* __restrict cr) {
  for (int x = 0; x < columns; x++) {
    const Ycc ycc = yccOfPixel(r[x], g[x], b[x]);
    y[x] = ycc.y - 128.0f;
    cb[x] = ycc.cb;
    cr[x] = ycc.cr;
  }
  for (int x = columns; x < width; x++) {
    y[x] = -128.0f;
    cb[x] = cr[x] = 0.0f;
  }
}

EVENSR_CLONES void halve(const float* row0, const float* row1, int outWidth, float* out) {
  for (int x = 0; x < outWidth; x++) {
    out[x] = (row0[2 * x] + row0[2 * x + 1] + row1[2 * x] + row1[2 * x + 1]) * 0.25f;
  }
}

EVENSR_CLONES void replicate(const float* in, int inWidth, float* out) {
  for (int x = 0; x < inWidth; x++) out[2 * x] = out[2 * x + 1] = in[x];
}

EVENSR_CLONES void rowToRgb(const float* __restrict y, const float* __restrict cb,
                            const float* __restrict cr, int columns, float* __restrict r,
                            float* __restrict g, float* __restrict b) {
  for (int x = 0; x < columns; x++) {
    const Rgb rgb = pixelOfYcc(y[x] + 128.0f, cb[x], cr[x]);
    r[x] = rgb.r;
    g[x] = rgb.g;
    b[x] = rgb.b;
  }
}

using Vec = Eight<float>::Vec;

// Transforms, quantises and transforms back eight blocks, whose rows are `stride` floats apart.
EVENSR_CLONES void codeBlocks(float* const (&blocks)[kBlocks], size_t stride,
                              const float (&steps)[64]) {
  Vec group[64];  // element i of every block
  for (int row = 0; row < 8; row++) {
    Vec x[8];
#pragma GCC unroll 8
    for (int b = 0; b < kBlocks; b++) std::memcpy(&x[b], blocks[b] + row * stride, sizeof x[b]);
    transpose(x);
    forwardDct8(x);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) group[8 * row + i] = x[i];
  }
  for (int column = 0; column < 8; column++) {
    Vec x[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) x[i] = group[8 * i + column];
    forwardDct8(x);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) x[i] = quantize(x[i], steps[8 * i + column]);
    inverseDct8(x);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) group[8 * i + column] = x[i];
  }
  for (int row = 0; row < 8; row++) {
    Vec x[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) x[i] = group[8 * row + i];
    inverseDct8(x);
    transpose(x);
#pragma GCC unroll 8
    for (int b = 0; b < kBlocks; b++) std::memcpy(blocks[b] + row * stride, &x[b], sizeof x[b]);
  }
}

// Codes a plane of 16 rows in place. The last blocks are done several times when their number is
// not a multiple of eight: what is stored is the same.
void codePlane(float* plane, int width, const float (&steps)[64]) {
  const int blocksPerRow = width / 8;
  const int count = 2 * blocksPerRow;
  for (int first = 0; first < count; first += kBlocks) {
    float* blocks[kBlocks];
    for (int b = 0; b < kBlocks; b++) {
      const int block = std::min(first + b, count - 1);
      blocks[b] =
          plane + static_cast<size_t>(block / blocksPerRow) * 8 * width + block % blocksPerRow * 8;
    }
    codeBlocks(blocks, width, steps);
  }
}

void loadStrip(ImageView image, int top, const Strip& strip) {
  const int width = strip.width;
  const size_t plane = image.plane();
  float* cb = strip.fullChroma;
  float* cr = cb + 2 * static_cast<size_t>(width);
  for (int row = 0; row < kMcu; row++) {
    const int v = top + row;
    const int columns = v < image.height ? image.width : 0;
    const float* r = image.data + (columns ? static_cast<size_t>(v) * image.width : 0);
    const int half = row % 2 * width;
    rowToYcc(r, r + plane, r + 2 * plane, columns, width, strip.y + row * width, cb + half,
             cr + half);
    if (row % 2 == 0) continue;
    float* chroma = strip.chroma + row / 2 * (width / 2);
    halve(cb, cb + width, width / 2, chroma);
    halve(cr, cr + width, width / 2, chroma + 8 * (width / 2));
  }
}

void storeStrip(const Strip& strip, int top, ImageView image) {
  const int width = strip.width;
  const size_t plane = image.plane();
  float* cb = strip.fullChroma;
  float* cr = cb + 2 * static_cast<size_t>(width);
  const int rows = std::min(kMcu, image.height - top);
  for (int row = 0; row < rows; row++) {
    if (row % 2 == 0) {
      const float* chroma = strip.chroma + row / 2 * (width / 2);
      replicate(chroma, width / 2, cb);
      replicate(chroma + 8 * (width / 2), width / 2, cr);
    }
    float* r = image.data + static_cast<size_t>(top + row) * image.width;
    rowToRgb(strip.y + row * width, cb, cr, image.width, r, r + plane, r + 2 * plane);
  }
}

}  // namespace

void jpegDiff(ImageView image, double quality, Scratch& scratch) {
  if (!(quality > 0 && quality <= 100))
    throw CodedError("E_RECIPE", "JPEG quality is not in (0, 100]");
  const float factor = diffJpegFactor(static_cast<float>(quality));
  float luminance[64], chrominance[64];
  diffJpegSteps(kLuminanceTable, factor, luminance);
  diffJpegSteps(kChrominanceTable, factor, chrominance);

  ScratchFrame frame(scratch);
  const int width = (image.width + kMcu - 1) / kMcu * kMcu;
  const Strip strip{frame.take<float>(size_t{kMcu} * width), frame.take<float>(size_t{8} * width),
                    frame.take<float>(size_t{4} * width), width};
  for (int top = 0; top < image.height; top += kMcu) {
    loadStrip(image, top, strip);
    if (factor > 0) {
      codePlane(strip.y, width, luminance);
      codePlane(strip.chroma, width / 2, chrominance);
    }
    storeStrip(strip, top, image);
  }
}

}  // namespace evensr::cpu
