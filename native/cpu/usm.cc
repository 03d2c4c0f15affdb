#include "clones.h"
#include "cpu/convolve.h"
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

}  // namespace

// Real-ESRGAN's USMSharp (arXiv 2107.10833, section 3.4 and released code): B = G * I,
// mask = |I - B| 255 > 10, soft = G * mask, S = clamp(I + 0.5 (I - B), 0, 1),
// out = soft S + (1 - soft) I, each channel on its own.
void usm(ImageView in, ImageView out, Scratch& scratch) {
  static const UsmRow row;
  ScratchFrame frame(scratch);
  const size_t n = in.plane();
  float* blurred = frame.take<float>(n);
  float* mask = frame.take<float>(n);
  float* soft = frame.take<float>(n);
  for (int c = 0; c < in.channels; c++) {
    const float* image = in.data + c * n;
    correlateSeparable({image, in.height, in.width}, row.taps, row.taps, kSize, blurred, scratch);
    maskOfEdges(image, blurred, n, mask);
    correlateSeparable({mask, in.height, in.width}, row.taps, row.taps, kSize, soft, scratch);
    blend(image, blurred, soft, n, out.data + c * n);
  }
}

}  // namespace evensr::cpu
