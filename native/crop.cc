#include "crop.h"

#include <algorithm>
#include <utility>

#include "clones.h"

namespace evensr {
namespace {

constexpr int kChannels = 3;

EVENSR_CLONES void splitRow(const uint8_t* __restrict in, int n, float* __restrict red,
                            float* __restrict green, float* __restrict blue) {
  for (int x = 0; x < n; x++) {
    red[x] = static_cast<float>(in[3 * x]) / 255;
    green[x] = static_cast<float>(in[3 * x + 1]) / 255;
    blue[x] = static_cast<float>(in[3 * x + 2]) / 255;
  }
}

EVENSR_CLONES void mirrorRow(float* row, int n) {
  for (int x = 0; x < n / 2; x++) std::swap(row[x], row[n - 1 - x]);
}

constexpr int kTile = 16;

// Exchanges the tile at (y, x) with the one at (x, y), both transposed; they may be the same one. A
// column of a plane has all of its values in different cache lines: tiles use each line for all of
// its values.
EVENSR_CLONES void exchangeTiles(float* plane, int size, int y, int x) {
  float* a = plane + static_cast<size_t>(y) * size + x;
  float* b = plane + static_cast<size_t>(x) * size + y;
  float turned[kTile][kTile];
  for (int i = 0; i < kTile; i++) {
    for (int j = 0; j < kTile; j++) turned[j][i] = a[static_cast<size_t>(i) * size + j];
  }
  for (int i = 0; i < kTile; i++) {
    for (int j = 0; j < kTile; j++) {
      a[static_cast<size_t>(i) * size + j] = b[static_cast<size_t>(j) * size + i];
    }
  }
  for (int i = 0; i < kTile; i++) {
    for (int j = 0; j < kTile; j++) b[static_cast<size_t>(i) * size + j] = turned[i][j];
  }
}

// In place, (S, S).
void transposePlane(float* plane, int size) {
  const int whole = size / kTile * kTile;
  for (int y = 0; y < whole; y += kTile) {
    for (int x = y; x < whole; x += kTile) exchangeTiles(plane, size, y, x);
  }
  for (int y = 0; y < size; y++) {
    for (int x = std::max(y + 1, whole); x < size; x++) {
      std::swap(plane[static_cast<size_t>(y) * size + x], plane[static_cast<size_t>(x) * size + y]);
    }
  }
}

}  // namespace

void cutCrop(const uint8_t* image, int width, const Crop& crop, ImageView out) {
  const int size = out.height;
  for (int y = 0; y < size; y++) {
    const int row = crop.flipY ? crop.top + size - 1 - y : crop.top + y;
    const uint8_t* in = image + (static_cast<size_t>(row) * width + crop.left) * kChannels;
    float* to = out.data + static_cast<size_t>(y) * size;
    splitRow(in, size, to, to + out.plane(), to + 2 * out.plane());
    if (!crop.flipX) continue;
    for (int c = 0; c < kChannels; c++) mirrorRow(to + c * out.plane(), size);
  }
  if (!crop.transpose) return;
  for (int c = 0; c < kChannels; c++) transposePlane(out.data + c * out.plane(), size);
}

void cutInner(ImageView in, ImageView out) {
  const int top = (in.height - out.height) / 2, left = (in.width - out.width) / 2;
  for (int c = 0; c < out.channels; c++) {
    for (int y = 0; y < out.height; y++) {
      const float* from = in.data + c * in.plane() + static_cast<size_t>(top + y) * in.width + left;
      float* to = out.data + c * out.plane() + static_cast<size_t>(y) * out.width;
      std::copy(from, from + out.width, to);
    }
  }
}

}  // namespace evensr
