// JPEG as libjpeg-turbo codes and decodes it by default, on the CPU: baseline, integer DCT, 4:2:0
// with triangle ("fancy") upsampling, or 4:4:4.
//
// The image becomes three planes of 8-bit samples, padded to whole blocks by repeating the edge;
// each plane is coded in place, 8 blocks at a time, one a SIMD lane; then the planes become the
// image.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "clones.h"
#include "cpu/operators.h"
#include "cpu/transpose.h"
#include "error.h"
#include "math/jpeg_integer.h"
#include "math/pixel.h"

namespace evensr::cpu {

namespace {

constexpr int kBlocks = 8;  // coded at once, one a lane

using Sample = int16_t;  // 0 .. 255; compilers turn vectors of it into int and back at little cost

int roundUp(int x, int multiple) { return (x + multiple - 1) / multiple * multiple; }

// Samples of one component: `width` x `height` of them are real, the rest is padding.
struct Plane {
  Sample* data;
  int width, height;
  int stride, rows;  // multiples of 8
  Sample* row(int y) const { return data + static_cast<size_t>(y) * stride; }
};

Plane takePlane(ScratchFrame& frame, int width, int height) {
  Plane plane{nullptr, width, height, roundUp(width, 8), roundUp(height, 8)};
  plane.data = frame.take<Sample>(static_cast<size_t>(plane.stride) * plane.rows);
  return plane;
}

EVENSR_CLONES void rowToYcc(const float* __restrict r, const float* __restrict g,
                            const float* __restrict b, int width, Sample* __restrict y,
                            Sample* __restrict cb, Sample* __restrict cr) {
  for (int x = 0; x < width; x++) {
    const YccLevels ycc = yccOfLevels(levelOf(r[x]), levelOf(g[x]), levelOf(b[x]));
    y[x] = static_cast<Sample>(ycc.y);
    cb[x] = static_cast<Sample>(ycc.cb);
    cr[x] = static_cast<Sample>(ycc.cr);
  }
}

EVENSR_CLONES void halve(const Sample* __restrict row0, const Sample* __restrict row1, int outWidth,
                         Sample* __restrict out) {
  for (int x = 0; x < outWidth; x++) {
    const int sum = row0[2 * x] + row0[2 * x + 1] + row1[2 * x] + row1[2 * x + 1];
    out[x] = static_cast<Sample>(halvedSample(sum, x));
  }
}

EVENSR_CLONES void rowToRgb(const Sample* __restrict y, const Sample* __restrict cb,
                            const Sample* __restrict cr, int width, float* __restrict r,
                            float* __restrict g, float* __restrict b) {
  for (int x = 0; x < width; x++) {
    const RgbLevels rgb = rgbOfLevels(y[x], cb[x], cr[x]);
    r[x] = static_cast<float>(rgb.r) / 255.0f;
    g[x] = static_cast<float>(rgb.g) / 255.0f;
    b[x] = static_cast<float>(rgb.b) / 255.0f;
  }
}

// `sums` is scratch of width + 2.
EVENSR_CLONES void upsampleTriangle(const Sample* __restrict nearRow,
                                    const Sample* __restrict farRow, int width,
                                    int* __restrict sums, Sample* __restrict out) {
  int* sum = sums + 1;
  for (int x = 0; x < width; x++) sum[x] = enlargedRow(nearRow[x], farRow[x]);
  sum[-1] = sum[0];
  sum[width] = sum[width - 1];
  for (int x = 0; x < width; x++) {
    out[2 * x] = static_cast<Sample>(enlargedSample(sum[x], sum[x - 1], 0));
    out[2 * x + 1] = static_cast<Sample>(enlargedSample(sum[x], sum[x + 1], 1));
  }
}

using Vec = Eight<int32_t>::Vec;
using UnsignedVec = Eight<uint32_t>::Vec;
typedef Sample Samples __attribute__((vector_size(16)));

EVENSR_INLINE void loadSamples(const Sample* from, Vec& to) {
  Samples samples;
  std::memcpy(&samples, from, sizeof samples);
  to = __builtin_convertvector(samples, Vec) - 128;
}

EVENSR_INLINE void storeSamples(Vec from, Sample* to) {
  from += 128;
  from = from < 0 ? 0 : from;
  from = from > 255 ? 255 : from;
  const Samples samples = __builtin_convertvector(from, Samples);
  std::memcpy(to, &samples, sizeof samples);
}

// Transforms, quantises and transforms back eight blocks, whose rows are `stride` samples apart.
EVENSR_CLONES void codeBlocks(Sample* const (&blocks)[kBlocks], size_t stride,
                              const IntegerStep (&steps)[64]) {
  Vec group[64];  // element i of every block
  for (int row = 0; row < 8; row++) {
    Vec x[8];
#pragma GCC unroll 8
    for (int b = 0; b < kBlocks; b++) loadSamples(blocks[b] + row * stride, x[b]);
    transpose(x);
    forwardDct8<Pass::first>(x);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) group[8 * row + i] = x[i];
  }
  for (int column = 0; column < 8; column++) {
    Vec x[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) x[i] = group[8 * i + column];
    forwardDct8<Pass::second>(x);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) x[i] = quantizeInteger<UnsignedVec>(x[i], steps[8 * i + column]);
    inverseDct8<Pass::first>(x);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) group[8 * i + column] = x[i];
  }
  for (int row = 0; row < 8; row++) {
    Vec x[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) x[i] = group[8 * row + i];
    inverseDct8<Pass::second>(x);
    transpose(x);
#pragma GCC unroll 8
    for (int b = 0; b < kBlocks; b++) storeSamples(x[b], blocks[b] + row * stride);
  }
}

// The last blocks are done several times when their number is not a multiple of eight: what is
// stored must be the same, so they are read before anything is written.
void codePlane(const Plane& plane, const IntegerStep (&steps)[64]) {
  const int blocksPerRow = plane.stride / 8;
  const int count = blocksPerRow * (plane.rows / 8);
  for (int first = 0; first < count; first += kBlocks) {
    Sample* blocks[kBlocks];
    for (int b = 0; b < kBlocks; b++) {
      const int block = std::min(first + b, count - 1);
      blocks[b] = plane.row(block / blocksPerRow * 8) + block % blocksPerRow * 8;
    }
    codeBlocks(blocks, static_cast<size_t>(plane.stride), steps);
  }
}

// Repeats the last real row and column. libjpeg pads chroma to the right before it is halved and
// downwards after, hence the split.
void padRight(Sample* row, int width, int padded) {
  std::fill(row + width, row + padded, row[width - 1]);
}

void padDown(const Plane& plane) {
  const Sample* last = plane.row(plane.height - 1);
  for (int y = plane.height; y < plane.rows; y++)
    std::copy(last, last + plane.stride, plane.row(y));
}

struct Planes {
  Plane y, cb, cr;
};

void load444(ImageView image, const Planes& planes) {
  const size_t plane = image.plane();
  for (int v = 0; v < image.height; v++) {
    const float* r = image.data + static_cast<size_t>(v) * image.width;
    Sample* rows[] = {planes.y.row(v), planes.cb.row(v), planes.cr.row(v)};
    rowToYcc(r, r + plane, r + 2 * plane, image.width, rows[0], rows[1], rows[2]);
    for (Sample* row : rows) padRight(row, image.width, planes.y.stride);
  }
}

// `full` is scratch of 4 rows of twice the chroma stride.
void load420(ImageView image, const Planes& planes, Sample* full) {
  const size_t plane = image.plane();
  const int width = image.width;
  const int fullWidth = 2 * planes.cb.stride;
  Sample* rows[2][2] = {{full, full + fullWidth}, {full + 2 * fullWidth, full + 3 * fullWidth}};
  for (int v = 0; v < 2 * planes.cb.height; v++) {
    // An odd height repeats the last row before the mean is taken.
    Sample* cb = rows[0][v % 2];
    Sample* cr = rows[1][v % 2];
    const int source = std::min(v, image.height - 1);
    const float* r = image.data + static_cast<size_t>(source) * width;
    Sample* y = planes.y.row(source);
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
void upsampleRow(const Plane& plane, int v, int* sums, Sample* out) {
  const int row = v / 2;
  // libjpeg replicates when a row has no inner sample.
  if (plane.width <= 2) {
    for (int x = 0; x < 2 * plane.width; x++) out[x] = plane.row(row)[x / 2];
    return;
  }
  const int other = std::clamp(v % 2 ? row + 1 : row - 1, 0, plane.height - 1);
  upsampleTriangle(plane.row(row), plane.row(other), plane.width, sums, out);
}

void store420(const Planes& planes, ImageView image, Sample* full, int* sums) {
  const size_t plane = image.plane();
  Sample* cb = full;
  Sample* cr = full + 2 * planes.cb.stride;
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
  Sample* full = frame.take<Sample>(size_t{8} * planes.cb.stride);
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
