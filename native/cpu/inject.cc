#include <cstdint>

#include "clones.h"
#include "cpu/operators.h"
#include "math/pixel.h"

namespace evensr::cpu {
namespace {

EVENSR_CLONES void addRow(const uint8_t* __restrict patch, int n, float mean,
                          float* __restrict pixels) {
  for (int x = 0; x < n; x++) {
    pixels[x] = clamp01(pixels[x] + (static_cast<float>(patch[3 * x]) - mean) / 255.0f);
  }
}

float meanOf(const uint8_t* patch, size_t stride, int height, int width) {
  uint64_t sum = 0;
  for (int y = 0; y < height; y++) {
    const uint8_t* row = patch + y * stride;
    for (int x = 0; x < width; x++) sum += row[3 * x];
  }
  const double count = static_cast<double>(height) * width;
  return static_cast<float>(static_cast<double>(sum) / count);
}

}  // namespace

void injectNoise(ImageView image, const uint8_t* patch, size_t stride) {
  for (int c = 0; c < image.channels; c++) {
    const float mean = meanOf(patch + c, stride, image.height, image.width);
    for (int y = 0; y < image.height; y++) {
      addRow(patch + y * stride + c, image.width, mean,
             image.data + c * image.plane() + static_cast<size_t>(y) * image.width);
    }
  }
}

}  // namespace evensr::cpu
