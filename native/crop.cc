#include "crop.h"

#include <algorithm>

#include "clones.h"

namespace evensr {
namespace {

constexpr int kChannels = 3;

// n pixels from `in`, going left when `step` is negative.
EVENSR_CLONES void splitRow(const uint8_t* in, int n, int step, float* red, float* green,
                            float* blue) {
  for (int x = 0; x < n; x++) {
    const uint8_t* pixel = in + static_cast<ptrdiff_t>(x) * step;
    red[x] = static_cast<float>(pixel[0]) / 255;
    green[x] = static_cast<float>(pixel[1]) / 255;
    blue[x] = static_cast<float>(pixel[2]) / 255;
  }
}

// In place, (S, S).
void transposePlane(float* plane, int size) {
  for (int y = 0; y < size; y++) {
    for (int x = y + 1; x < size; x++) {
      float& a = plane[static_cast<size_t>(y) * size + x];
      float& b = plane[static_cast<size_t>(x) * size + y];
      const float held = a;
      a = b;
      b = held;
    }
  }
}

}  // namespace

void cutCrop(const uint8_t* image, int width, const Crop& crop, ImageView out) {
  const int size = out.height;
  const int first = crop.flipX ? crop.left + size - 1 : crop.left;
  for (int y = 0; y < size; y++) {
    const int row = crop.flipY ? crop.top + size - 1 - y : crop.top + y;
    const uint8_t* in = image + (static_cast<size_t>(row) * width + first) * kChannels;
    float* to = out.data + static_cast<size_t>(y) * size;
    splitRow(in, size, crop.flipX ? -kChannels : kChannels, to, to + out.plane(),
             to + 2 * out.plane());
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
