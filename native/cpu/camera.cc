// The noise of a camera: a picture is taken back to the raw values of an RGGB sensor, gets shot and
// read noise there, and is developed again. Demosaicing is bilinear.
#include "math/camera.h"

#include <algorithm>

#include "clones.h"
#include "cpu/normals.h"
#include "cpu/operators.h"

namespace evensr::cpu {
namespace {

struct RgbRows {
  float* __restrict r;  // one row each
  float* __restrict g;
  float* __restrict b;
};

RgbRows rowsOf(ImageView image, int y) {
  float* r = image.data + static_cast<size_t>(y) * image.width;
  return {r, r + image.plane(), r + 2 * image.plane()};
}

// What the sensor's row sees of a row of the picture: at even x the camera's colour `even`, at odd
// x the next. `darken` has the inverse gains of the three colours.
EVENSR_CLONES void rawRow(RgbRows in, int n, int even, const CameraMatrices& matrices,
                          const float* darken, float* __restrict raw) {
  float m[3][3];
  std::copy_n(&matrices.toCamera[0][0], 9, &m[0][0]);
  const float darkenEven = darken[even], darkenOdd = darken[even + 1];
  const float *r0 = in.r, *g0 = in.g, *b0 = in.b;
  for (int x = 0; x < n; x++) {
    const CameraLight light = cameraLight(m, r0[x], g0[x], b0[x]);
    const float first = even == 0 ? light.red : light.green;
    const float second = even == 0 ? light.green : light.blue;
    const float value = x & 1 ? second : first;
    raw[x] = clamp01(applySafely(x & 1 ? darkenOdd : darkenEven, light.mask, value));
  }
}

EVENSR_CLONES void addShotNoise(float* raw, size_t count, float shot, float read,
                                NoiseField field) {
  alignas(64) float normals[kNoiseBlock];
  for (size_t start = 0; start < count; start += kNoiseBlock) {
    normalsOf(field, start, normals);
    const int filled = static_cast<int>(std::min<size_t>(kNoiseBlock, count - start));
    float* values = raw + start;
    for (int i = 0; i < filled; i++) values[i] = withShotNoise(values[i], normals[i], shot, read);
  }
}

EVENSR_CLONES void brighten(const float* raw, int n, float even, float odd, float* out) {
  for (int x = 0; x < n; x++) out[x] = clamp01(raw[x] * (x & 1 ? odd : even));
}

// One row of the picture from the sensor's rows above, at and below it, each with a pixel more on
// both sides.
EVENSR_CLONES void developRow(const float* above, const float* at, const float* below, int n,
                              int phase, const CameraMatrices& matrices, RgbRows out) {
  const auto& m = matrices.toRgb;
  for (int x = 0; x < n; x++) {
    const RawValues raw{at[x + 1], at[x] + at[x + 2], above[x + 1] + below[x + 1],
                        (above[x] + above[x + 2]) + (below[x] + below[x + 2])};
    const CameraColours colours = demosaiced(raw, (x & 1) != phase, phase);
    out.r[x] = developed(m[0], colours);
    out.g[x] = developed(m[1], colours);
    out.b[x] = developed(m[2], colours);
  }
}

// Rows and columns -1 and n show 1 and n - 2, which have the same colours.
void addBorder(float* padded, int height, int width) {
  const int stride = width + 2;
  for (int y = 1; y <= height; y++) {
    float* row = padded + static_cast<size_t>(y) * stride;
    row[0] = row[width > 1 ? 2 : 1];
    row[width + 1] = row[width > 1 ? width - 1 : 1];
  }
  const auto rowAt = [&](int y) { return padded + static_cast<size_t>(y) * stride; };
  std::copy_n(rowAt(height > 1 ? 2 : 1), stride, rowAt(0));
  std::copy_n(rowAt(height > 1 ? height - 1 : 1), stride, rowAt(height + 1));
}

}  // namespace

void cameraNoise(ImageView image, const IspParameters& p, NoiseKey key, int stage,
                 Scratch& scratch) {
  ScratchFrame frame(scratch);
  const int height = image.height, width = image.width, stride = width + 2;
  float* raw = frame.take<float>(image.plane());
  float* padded = frame.take<float>(static_cast<size_t>(height + 2) * stride);
  const CameraMatrices matrices = cameraMatrices(p.weights);
  const double gains[3] = {p.gain * p.red, p.gain, p.gain * p.blue};
  float darken[3], lighten[3];
  for (int c = 0; c < 3; c++) {
    darken[c] = static_cast<float>(1 / gains[c]);
    lighten[c] = static_cast<float>(gains[c]);
  }
  for (int y = 0; y < height; y++) {
    rawRow(rowsOf(image, y), width, y & 1, matrices, darken, raw + static_cast<size_t>(y) * width);
  }
  const NoiseField field{key.k0, key.k1, 0, NoiseOperator::ispShot, static_cast<uint32_t>(stage)};
  addShotNoise(raw, image.plane(), static_cast<float>(p.shot), static_cast<float>(p.read), field);
  for (int y = 0; y < height; y++) {
    brighten(raw + static_cast<size_t>(y) * width, width, lighten[y & 1], lighten[(y & 1) + 1],
             padded + static_cast<size_t>(y + 1) * stride + 1);
  }
  addBorder(padded, height, width);
  for (int y = 0; y < height; y++) {
    const float* above = padded + static_cast<size_t>(y) * stride;
    developRow(above, above + stride, above + 2 * stride, width, y & 1, matrices, rowsOf(image, y));
  }
}

}  // namespace evensr::cpu
