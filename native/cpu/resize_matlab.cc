// MATLAB's imresize, bicubic with antialiasing.
#include "math/resize_matlab.h"

#include <cstring>

#include "cpu/operators.h"
#include "cpu/resize_taps.h"

namespace evensr::cpu {
namespace {

double sumOfWeights(const MatlabAxis& axis, int i) {
  const int first = matlabFirst(axis, i);
  double sum = 0;
  for (int k = 0; k < axis.taps; k++) sum += matlabWeight(axis, i, first + k);
  return sum;
}

// Taps k of all outputs weigh nothing.
bool isEmpty(const MatlabAxis& axis, int k, int out) {
  for (int i = 0; i < out; i++) {
    if (matlabWeight(axis, i, matlabFirst(axis, i) + k) != 0) return false;
  }
  return true;
}

TapTable tapsOf(ScratchFrame& frame, int in, int out, double scale) {
  const MatlabAxis axis = matlabAxis(in, out, scale, true);
  int begin = 0, end = axis.taps;
  while (begin < end - 1 && isEmpty(axis, begin, out)) begin++;
  while (end - 1 > begin && isEmpty(axis, end - 1, out)) end--;
  TapTable table(frame, end - begin, out);
  for (int i = 0; i < out; i++) {
    const int first = matlabFirst(axis, i);
    const double sum = sumOfWeights(axis, i);
    for (int k = begin; k < end; k++) {
      table.set(k - begin, i, mirrored(first + k, in), matlabWeight(axis, i, first + k) / sum);
    }
  }
  return table;
}

}  // namespace

void resizeMatlab(const ResizeJob& job, Scratch& scratch) {
  const ImageView &in = job.in, &out = job.out;
  if (in.height == out.height && in.width == out.width) {
    std::memcpy(out.data, in.data, in.size() * sizeof(float));
    return;
  }
  ScratchFrame frame(scratch);
  const TapTable rows = tapsOf(frame, in.height, out.height, job.scale);
  const TapTable columns = tapsOf(frame, in.width, out.width, job.scale);
  applyTaps(in, out, rows, columns, scratch);
}

}  // namespace evensr::cpu
