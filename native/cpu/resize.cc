// Resizes with PyTorch's conventions; bilinear and bicubic are in resize_interpolate.cc.
#include "math/resize.h"

#include <algorithm>
#include <cstring>

#include "clones.h"
#include "cpu/operators.h"
#include "cpu/resize_interpolate.h"
#include "cpu/turned_rows.h"
#include "error.h"

namespace evensr::cpu {
namespace {

EVENSR_CLONES void addTo(float* sum, const float* row, int n) {
  for (int x = 0; x < n; x++) sum[x] += row[x];
}

// The sums over a window of rows, then over windows of columns: two divisions as in PyTorch.
EVENSR_CLONES void meansOfColumns(const float* const (&sums)[kTurned], int width,
                                  const AreaWindow* windows, int outWidth, const Column& rowCounts,
                                  Column* turnedIn, Column* turnedOut,
                                  float* const (&out)[kTurned]) {
  turnRows(sums, width, turnedIn);
  for (int x = 0; x < outWidth; x++) {
    const AreaWindow window = windows[x];
    Column total = turnedIn[window.begin];
    for (int c = window.begin + 1; c < window.end; c++) total += turnedIn[c];
    turnedOut[x] = total / rowCounts / static_cast<float>(window.end - window.begin);
  }
  turnBack(turnedOut, outWidth, out);
}

// Sums down the windows first, where loops are long; then eight output rows at a time.
void area(const ResizeJob& job, Scratch& scratch) {
  ScratchFrame frame(scratch);
  const ImageView &in = job.in, &out = job.out;
  AreaWindow* windows = frame.take<AreaWindow>(out.width);
  for (int x = 0; x < out.width; x++) windows[x] = areaWindow(x, in.width, out.width);
  Column* turnedIn = frame.take<Column>(wholeEights(in.width));
  Column* turnedOut = frame.take<Column>(wholeEights(out.width));
  const float* sums[kTurned];
  float *sumPlaces[kTurned], *means[kTurned];
  for (int r = 0; r < kTurned; r++) {
    sums[r] = sumPlaces[r] = frame.take<float>(in.width);
    means[r] = frame.take<float>(wholeEights(out.width));
  }
  Column counts = {};
  counts += 1;
  for (int c = 0; c < out.channels; c++) {
    const float* plane = in.data + c * in.plane();
    float* to = out.data + c * out.plane();
    for (int top = 0; top < out.height; top += kTurned) {
      const int rows = std::min(kTurned, out.height - top);
      for (int r = 0; r < rows; r++) {
        const AreaWindow window = areaWindow(top + r, in.height, out.height);
        const float* row = plane + static_cast<size_t>(window.begin) * in.width;
        counts[r] = static_cast<float>(window.end - window.begin);
        if (window.end - window.begin == 1) {
          sums[r] = row;
          continue;
        }
        std::memcpy(sumPlaces[r], row, in.width * sizeof(float));
        for (int k = 1; k < window.end - window.begin; k++) {
          addTo(sumPlaces[r], row + static_cast<size_t>(k) * in.width, in.width);
        }
        sums[r] = sumPlaces[r];
      }
      for (int r = rows; r < kTurned; r++) sums[r] = sums[0];
      meansOfColumns(sums, in.width, windows, out.width, counts, turnedIn, turnedOut, means);
      for (int r = 0; r < rows; r++) {
        std::memcpy(to + static_cast<size_t>(top + r) * out.width, means[r],
                    out.width * sizeof(float));
      }
    }
  }
}

}  // namespace

// Equal sizes are an exact copy, as in PyTorch's CUDA kernels, whatever the factor was.
void resize(const ResizeJob& job, Scratch& scratch) {
  const ImageView &in = job.in, &out = job.out;
  if (in.height == out.height && in.width == out.width) {
    std::memcpy(out.data, in.data, in.size() * sizeof(float));
    return;
  }
  const float stepY = resizeStep(in.height, out.height, job.scale);
  const float stepX = resizeStep(in.width, out.width, job.scale);
  switch (job.mode) {
    case ResizeMode::area:
      return area(job, scratch);
    case ResizeMode::bilinear:
      return resizeBilinear(job, stepY, stepX, scratch);
    case ResizeMode::bicubic:
      return resizeBicubic(job, stepY, stepX, scratch);
    default:
      throw CodedError("E_RECIPE", "not a resize of PyTorch's");
  }
}

}  // namespace evensr::cpu
