#include "nn/score.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "clones.h"
#include "math/metrics.h"

namespace evensr {
namespace {

double toByte(float value) {
  return static_cast<double>(std::lrintf(255.0f * std::clamp(value, 0.0f, 1.0f)));
}

}  // namespace

double psnrY(const float* sr, const float* gt, int height, int width, int border) {
  const size_t plane = static_cast<size_t>(height) * width;
  const auto luma = [plane](const float* pixel) {
    return lumaStudio(toByte(pixel[0]), toByte(pixel[plane]), toByte(pixel[2 * plane]));
  };
  double sum = 0;
  for (int y = border; y < height - border; y++) {
    for (int x = border; x < width - border; x++) {
      const size_t at = static_cast<size_t>(y) * width + x;
      const double difference = luma(sr + at) - luma(gt + at);
      sum += difference * difference;
    }
  }
  return psnrOf(sum / (static_cast<double>(height - 2 * border) * (width - 2 * border)));
}

EVENSR_CLONES bool allFinite(const float* values, size_t count) {
  constexpr uint32_t exponent = 0x7f800000;
  uint32_t bad = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    bad |= (bits & exponent) == exponent;
  }
  return bad == 0;
}

}  // namespace evensr
