// MATLAB's imresize, bicubic with antialiasing.
#include "math/resize_matlab.h"

#include <algorithm>
#include <cstring>

#include "cpu/operators.h"
#include "cpu/resize_taps.h"

namespace evensr::cpu {
namespace {

// Whether tap k of every output weighs nothing.
bool isEmpty(const double* weights, int k, int out) {
  const double* row = weights + static_cast<size_t>(k) * out;
  return std::all_of(row, row + out, [](double weight) { return weight == 0; });
}

TapTable tapsOf(ScratchFrame& frame, int in, int out, double scale) {
  const MatlabAxis axis = matlabAxis(in, out, scale, true);
  double* weights = frame.take<double>(static_cast<size_t>(axis.taps) * out);
  double* sums = frame.take<double>(out);
  for (int i = 0; i < out; i++) {
    const int first = matlabFirst(axis, i);
    sums[i] = 0;
    for (int k = 0; k < axis.taps; k++) {
      const double weight = matlabWeight(axis, i, first + k);
      weights[static_cast<size_t>(k) * out + i] = weight;
      sums[i] += weight;
    }
  }
  int begin = 0, end = axis.taps;
  while (begin < end - 1 && isEmpty(weights, begin, out)) begin++;
  while (end - 1 > begin && isEmpty(weights, end - 1, out)) end--;
  TapTable table(frame, end - begin, out);
  for (int i = 0; i < out; i++) {
    const int first = matlabFirst(axis, i);
    for (int k = begin; k < end; k++) {
      const double weight = weights[static_cast<size_t>(k) * out + i];
      table.set(k - begin, i, mirrored(first + k, in), weight / sums[i]);
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
