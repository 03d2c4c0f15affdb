// JPEG as libjpeg-turbo codes and decodes it by default, on the CPU: baseline, integer DCT, 4:2:0
// with triangle ("fancy") upsampling, or 4:4:4.
//
// The image becomes three planes of 8-bit samples, padded to whole blocks by repeating the edge;
// each plane is coded in place, 16 blocks at a time, one a SIMD lane; then the planes become the
// image.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "clones.h"
#include "cpu/operators.h"
#include "error.h"
#include "math/jpeg_integer.h"
#include "math/pixel.h"

namespace evensr::cpu {

namespace {

constexpr int kLanes = 16;

int roundUp(int x, int multiple) { return (x + multiple - 1) / multiple * multiple; }

// Samples of one component: `width` x `height` of them are real, the rest is padding.
struct Plane {
  uint8_t* data;
  int width, height;
  int stride, rows;  // multiples of 8
  uint8_t* row(int y) const { return data + static_cast<size_t>(y) * stride; }
};

Plane takePlane(ScratchFrame& frame, int width, int height) {
  Plane plane{nullptr, width, height, roundUp(width, 8), roundUp(height, 8)};
  plane.data = frame.take<uint8_t>(static_cast<size_t>(plane.stride) * plane.rows);
  return plane;
}

EVENSR_CLONES void rowToYcc(const float* __restrict r, const float* __restrict g,
                            const float* __restrict b, int width, uint8_t* __restrict y,
                            uint8_t* __restrict cb, uint8_t* __restrict cr) {
  for (int x = 0; x < width; x++) {
    const YccLevels ycc = yccOfLevels(levelOf(r[x]), levelOf(g[x]), levelOf(b[x]));
    y[x] = static_cast<uint8_t>(ycc.y);
    cb[x] = static_cast<uint8_t>(ycc.cb);
    cr[x] = static_cast<uint8_t>(ycc.cr);
  }
}

// 2x2 means; the alternating bias makes up for always rounding the same way.
EVENSR_CLONES void halve(const uint8_t* __restrict row0, const uint8_t* __restrict row1,
                         int outWidth, uint8_t* __restrict out) {
  for (int x = 0; x < outWidth; x++) {
    const int sum = row0[2 * x] + row0[2 * x + 1] + row1[2 * x] + row1[2 * x + 1];
    out[x] = static_cast<uint8_t>((sum + 1 + (x & 1)) >> 2);
  }
}

EVENSR_CLONES void rowToRgb(const uint8_t* __restrict y, const uint8_t* __restrict cb,
                            const uint8_t* __restrict cr, int width, float* __restrict r,
                            float* __restrict g, float* __restrict b) {
  for (int x = 0; x < width; x++) {
    const RgbLevels rgb = rgbOfLevels(y[x], cb[x], cr[x]);
    r[x] = static_cast<float>(rgb.r) / 255.0f;
    g[x] = static_cast<float>(rgb.g) / 255.0f;
    b[x] = static_cast<float>(rgb.b) / 255.0f;
  }
}

// 3/4 of the nearer sample and 1/4 of the farther one, in both directions; the two output columns
// of a sample round differently. `sums` is scratch of width + 2.
EVENSR_CLONES void upsampleTriangle(const uint8_t* __restrict nearRow,
                                    const uint8_t* __restrict farRow, int width,
                                    int* __restrict sums, uint8_t* __restrict out) {
  int* sum = sums + 1;
  for (int x = 0; x < width; x++) sum[x] = 3 * nearRow[x] + farRow[x];
  sum[-1] = sum[0];
  sum[width] = sum[width - 1];
  for (int x = 0; x < width; x++) {
    out[2 * x] = static_cast<uint8_t>((3 * sum[x] + sum[x - 1] + 8) >> 4);
    out[2 * x + 1] = static_cast<uint8_t>((3 * sum[x] + sum[x + 1] + 7) >> 4);
  }
}

using Group = int[64][kLanes];

// Transforms, quantises and transforms back 16 blocks: element i of block l is group[i][l].
EVENSR_CLONES void codeGroup(Group& group, const IntegerStep (&steps)[64]) {
  for (int row = 0; row < 64; row += 8) {
    for (int l = 0; l < kLanes; l++) {
      int x[8];
      for (int i = 0; i < 8; i++) x[i] = group[row + i][l];
      forwardDct8<Pass::first>(x);
      for (int i = 0; i < 8; i++) group[row + i][l] = x[i];
    }
  }
  for (int column = 0; column < 8; column++) {
    for (int l = 0; l < kLanes; l++) {
      int x[8];
      for (int i = 0; i < 8; i++) x[i] = group[8 * i + column][l];
      forwardDct8<Pass::second>(x);
      for (int i = 0; i < 8; i++) x[i] = quantizeInteger(x[i], steps[8 * i + column]);
      inverseDct8<Pass::first>(x);
      for (int i = 0; i < 8; i++) group[8 * i + column][l] = x[i];
    }
  }
  for (int row = 0; row < 64; row += 8) {
    for (int l = 0; l < kLanes; l++) {
      int x[8];
      for (int i = 0; i < 8; i++) x[i] = group[row + i][l];
      inverseDct8<Pass::second>(x);
      for (int i = 0; i < 8; i++) group[row + i][l] = clampLevel(x[i] + 128);
    }
  }
}

void codePlane(const Plane& plane, const IntegerStep (&steps)[64]) {
  const int blocksPerRow = plane.stride / 8;
  const int blocks = blocksPerRow * (plane.rows / 8);
  const size_t stride = static_cast<size_t>(plane.stride);
  const auto corner = [&](int block) {
    return plane.row(block / blocksPerRow * 8) + block % blocksPerRow * 8;
  };
  alignas(64) Group group = {};
  for (int first = 0; first < blocks; first += kLanes) {
    const int lanes = std::min(kLanes, blocks - first);
    for (int l = 0; l < lanes; l++) {
      const uint8_t* block = corner(first + l);
      for (int i = 0; i < 64; i++) group[i][l] = block[i / 8 * stride + i % 8] - 128;
    }
    codeGroup(group, steps);
    for (int l = 0; l < lanes; l++) {
      uint8_t* block = corner(first + l);
      for (int i = 0; i < 64; i++) {
        block[i / 8 * stride + i % 8] = static_cast<uint8_t>(group[i][l]);
      }
    }
  }
}

// Repeats the last real row and column. libjpeg pads chroma to the right before it is halved and
// downwards after, hence the split.
void padRight(uint8_t* row, int width, int padded) {
  std::memset(row + width, row[width - 1], static_cast<size_t>(padded - width));
}

void padDown(const Plane& plane) {
  const uint8_t* last = plane.row(plane.height - 1);
  for (int y = plane.height; y < plane.rows; y++) std::memcpy(plane.row(y), last, plane.stride);
}

struct Planes {
  Plane y, cb, cr;
};

void load444(ImageView image, const Planes& planes) {
  const size_t plane = image.plane();
  for (int v = 0; v < image.height; v++) {
    const float* r = image.data + static_cast<size_t>(v) * image.width;
    uint8_t* rows[] = {planes.y.row(v), planes.cb.row(v), planes.cr.row(v)};
    rowToYcc(r, r + plane, r + 2 * plane, image.width, rows[0], rows[1], rows[2]);
    for (uint8_t* row : rows) padRight(row, image.width, planes.y.stride);
  }
}

// `full` is scratch of 4 rows of twice the chroma stride.
void load420(ImageView image, const Planes& planes, uint8_t* full) {
  const size_t plane = image.plane();
  const int width = image.width;
  const int fullWidth = 2 * planes.cb.stride;
  uint8_t* rows[2][2] = {{full, full + fullWidth}, {full + 2 * fullWidth, full + 3 * fullWidth}};
  for (int v = 0; v < 2 * planes.cb.height; v++) {
    // An odd height repeats the last row before the mean is taken.
    uint8_t* cb = rows[0][v % 2];
    uint8_t* cr = rows[1][v % 2];
    const int source = std::min(v, image.height - 1);
    const float* r = image.data + static_cast<size_t>(source) * width;
    uint8_t* y = planes.y.row(source);
    rowToYcc(r, r + plane, r + 2 * plane, width, y, cb, cr);
    padRight(y, width, planes.y.stride);
    padRight(cb, width, fullWidth);
    padRight(cr, width, fullWidth);
    if (v % 2 == 0) continue;
    halve(rows[0][0], rows[0][1], planes.cb.stride, planes.cb.row(v / 2));
    halve(rows[1][0], rows[1][1], planes.cr.stride, planes.cr.row(v / 2));
  }
}

void store444(const Planes& planes, ImageView image) {
  const size_t plane = image.plane();
  for (int v = 0; v < image.height; v++) {
    float* r = image.data + static_cast<size_t>(v) * image.width;
    rowToRgb(planes.y.row(v), planes.cb.row(v), planes.cr.row(v), image.width, r, r + plane,
             r + 2 * plane);
  }
}

// One row of full-width chroma.
void upsampleRow(const Plane& plane, int v, int* sums, uint8_t* out) {
  const int row = v / 2;
  // libjpeg replicates when a row has no inner sample.
  if (plane.width <= 2) {
    for (int x = 0; x < 2 * plane.width; x++) out[x] = plane.row(row)[x / 2];
    return;
  }
  const int other = std::clamp(v % 2 ? row + 1 : row - 1, 0, plane.height - 1);
  upsampleTriangle(plane.row(row), plane.row(other), plane.width, sums, out);
}

void store420(const Planes& planes, ImageView image, uint8_t* full, int* sums) {
  const size_t plane = image.plane();
  uint8_t* cb = full;
  uint8_t* cr = full + 2 * planes.cb.stride;
  for (int v = 0; v < image.height; v++) {
    upsampleRow(planes.cb, v, sums, cb);
    upsampleRow(planes.cr, v, sums, cr);
    float* r = image.data + static_cast<size_t>(v) * image.width;
    rowToRgb(planes.y.row(v), cb, cr, image.width, r, r + plane, r + 2 * plane);
  }
}

}  // namespace

void jpegLibjpeg(ImageView image, int quality, Subsampling subsampling, Scratch& scratch) {
  if (quality < 1 || quality > 100) throw CodedError("E_RECIPE", "JPEG quality is not in 1..100");
  IntegerStep luminance[64], chrominance[64];
  libjpegSteps(kLuminanceTable, quality, luminance);
  libjpegSteps(kChrominanceTable, quality, chrominance);

  ScratchFrame frame(scratch);
  const int divisor = subsampling == Subsampling::yuv420 ? 2 : 1;
  const int chromaWidth = (image.width + divisor - 1) / divisor;
  const int chromaHeight = (image.height + divisor - 1) / divisor;
  const Planes planes{takePlane(frame, image.width, image.height),
                      takePlane(frame, chromaWidth, chromaHeight),
                      takePlane(frame, chromaWidth, chromaHeight)};
  uint8_t* full = frame.take<uint8_t>(size_t{8} * planes.cb.stride);
  int* sums = frame.take<int>(static_cast<size_t>(chromaWidth) + 2);

  const bool halved = subsampling == Subsampling::yuv420;
  halved ? load420(image, planes, full) : load444(image, planes);
  for (const Plane& plane : {planes.y, planes.cb, planes.cr}) padDown(plane);
  codePlane(planes.y, luminance);
  codePlane(planes.cb, chrominance);
  codePlane(planes.cr, chrominance);
  halved ? store420(planes, image, full, sums) : store444(planes, image);
}

}  // namespace evensr::cpu
