#include "cpu/convolve.h"
#include "cpu/operators.h"
#include "degrade/kernels.h"

namespace evensr::cpu {

void blur(const BlurJob& job, Scratch& scratch) {
  const ImageView& in = job.in;
  BlurKernel made;
  if (job.given == nullptr) makeKernel(job.kernel, made);
  const bool separable = job.given == nullptr && made.separable;
  const float* taps = job.given != nullptr ? job.given : made.taps;
  for (int c = 0; c < in.channels; c++) {
    const PlaneView from{in.data + c * in.plane(), in.height, in.width};
    float* to = job.out.data + c * in.plane();
    if (separable) {
      correlateSeparable(from, made.row, made.row, made.size, to, scratch, job.rowStep);
    } else {
      correlate(from, taps, job.kernel.size, to, scratch, job.rowStep);
    }
  }
}

}  // namespace evensr::cpu
