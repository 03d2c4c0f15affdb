#include "cpu/convolve.h"
#include "cpu/operators.h"

namespace evensr::cpu {

void blur(const BlurJob& job, Scratch& scratch) {
  const ImageView& in = job.in;
  for (int c = 0; c < in.channels; c++) {
    const PlaneView from{in.data + c * in.plane(), in.height, in.width};
    float* to = job.out.data + c * in.plane();
    if (job.row != nullptr) {
      correlateSeparable(from, job.row, job.row, job.size, to, scratch, job.rowStep);
    } else {
      correlate(from, job.kernel, job.size, to, scratch, job.rowStep);
    }
  }
}

}  // namespace evensr::cpu
