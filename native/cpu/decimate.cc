#include <algorithm>

#include "cpu/operators.h"

namespace evensr::cpu {
namespace {

int stepOf(int in, int out, double scale) {
  const double ratio = scale > 0 ? 1 / scale : static_cast<double>(in) / out;
  return std::max(1, static_cast<int>(std::min<double>(ratio, in) + 0.5));
}

}  // namespace

void decimate(const ResizeJob& job) {
  const ImageView &in = job.in, &out = job.out;
  const int stepY = stepOf(in.height, out.height, job.scale);
  const int stepX = stepOf(in.width, out.width, job.scale);
  for (int c = 0; c < out.channels; c++) {
    for (int y = 0; y < out.height; y++) {
      const int fromY = std::min(y * stepY, in.height - 1);
      const float* from = in.data + c * in.plane() + static_cast<size_t>(fromY) * in.width;
      float* to = out.data + c * out.plane() + static_cast<size_t>(y) * out.width;
      for (int x = 0; x < out.width; x++) to[x] = from[std::min(x * stepX, in.width - 1)];
    }
  }
}

}  // namespace evensr::cpu
