#include "cpu/operators.h"
#include "math/resize.h"

namespace evensr::cpu {

void decimate(const ResizeJob& job) {
  const ImageView &in = job.in, &out = job.out;
  const int stepY = decimationStep(in.height, out.height, job.scale);
  const int stepX = decimationStep(in.width, out.width, job.scale);
  for (int c = 0; c < out.channels; c++) {
    for (int y = 0; y < out.height; y++) {
      const int fromY = decimatedIndex(y, in.height, stepY);
      const float* from = in.data + c * in.plane() + static_cast<size_t>(fromY) * in.width;
      float* to = out.data + c * out.plane() + static_cast<size_t>(y) * out.width;
      for (int x = 0; x < out.width; x++) to[x] = from[decimatedIndex(x, in.width, stepX)];
    }
  }
}

}  // namespace evensr::cpu
