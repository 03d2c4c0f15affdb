// Resizes with the conventions of cv::resize on float32.
#include "math/resize_opencv.h"

#include <algorithm>
#include <cstring>

#include "cpu/operators.h"
#include "cpu/resize_taps.h"

namespace evensr::cpu {
namespace {

TapTable linear(ScratchFrame& frame, int in, int out, CvLinearTap (*tapOf)(int, int, int)) {
  TapTable table(frame, 2, out);
  for (int i = 0; i < out; i++) {
    const CvLinearTap tap = tapOf(i, in, out);
    table.set(0, i, tap.first, 1 - tap.lambda);
    table.set(1, i, std::min(tap.first + 1, in - 1), tap.lambda);
  }
  return table;
}

TapTable cubic(ScratchFrame& frame, int in, int out) {
  TapTable table(frame, 4, out);
  for (int i = 0; i < out; i++) {
    const CvCubicTaps taps = cvCubicTaps(i, in, out);
    for (int k = 0; k < 4; k++) {
      table.set(k, i, std::clamp(taps.first + k, 0, in - 1), taps.weight[k]);
    }
  }
  return table;
}

TapTable area(ScratchFrame& frame, int in, int out) {
  int most = 1;
  for (int i = 0; i < out; i++) {
    const CvAreaCell cell = cvAreaCell(i, in, out);
    most = std::max(most, cell.end - cell.begin);
  }
  TapTable table(frame, most, out);
  for (int i = 0; i < out; i++) {
    const CvAreaCell cell = cvAreaCell(i, in, out);
    for (int k = 0; k < most; k++) {
      const int index = cell.begin + k;
      const double weight = index >= cell.end       ? 0
                            : index == cell.begin   ? cell.first
                            : index == cell.end - 1 ? cell.last
                                                    : cell.inner;
      table.set(k, i, std::min(index, cell.end - 1), weight);
    }
  }
  return table;
}

}  // namespace

void resizeOpencv(const ResizeJob& job, Scratch& scratch) {
  const ImageView &in = job.in, &out = job.out;
  if (in.height == out.height && in.width == out.width) {
    std::memcpy(out.data, in.data, in.size() * sizeof(float));
    return;
  }
  ScratchFrame frame(scratch);
  const bool shrinks = out.height <= in.height && out.width <= in.width;
  const auto taps = [&](int from, int to) {
    if (job.mode == ResizeMode::cvLinear) return linear(frame, from, to, cvLinearTap);
    if (job.mode == ResizeMode::cvCubic) return cubic(frame, from, to);
    return shrinks ? area(frame, from, to) : linear(frame, from, to, cvAreaLinearTap);
  };
  const TapTable rows = taps(in.height, out.height);
  const TapTable columns = taps(in.width, out.width);
  applyTaps(in, out, rows, columns, scratch);
}

}  // namespace evensr::cpu
