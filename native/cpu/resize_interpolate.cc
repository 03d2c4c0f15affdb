// Bilinear and bicubic resizes: along the rows first, then down the columns.
#include "cpu/resize_interpolate.h"

#include <algorithm>

#include "clones.h"
#include "cpu/turned_rows.h"
#include "math/resize.h"

namespace evensr::cpu {
namespace {

// Where the outputs along one side sample their input, Taps places each, and with what weights.
template <int Taps>
struct Samples {
  int count;
  int (*index)[Taps];
  float (*weight)[Taps];
};

template <int Taps>
Samples<Taps> takeSamples(ScratchFrame& frame, int in, int out, float step) {
  Samples<Taps> samples{out, frame.take<int[Taps]>(out), frame.take<float[Taps]>(out)};
  for (int i = 0; i < out; i++) {
    if constexpr (Taps == 2) {
      const LinearTap tap = linearTap(i, in, step);
      samples.index[i][0] = tap.first, samples.index[i][1] = tap.second;
      samples.weight[i][0] = 1 - tap.lambda, samples.weight[i][1] = tap.lambda;
    } else {
      const CubicTaps taps = cubicTaps(i, in, step);
      std::copy(taps.index, taps.index + 4, samples.index[i]);
      std::copy(taps.weight, taps.weight + 4, samples.weight[i]);
    }
  }
  return samples;
}

template <int Taps>
EVENSR_INLINE void alongRows(const float* const (&in)[kTurned], int width,
                             const Samples<Taps>& samples, Column* turnedIn, Column* turnedOut,
                             float* const (&out)[kTurned]) {
  turnRows(in, width, turnedIn);
  for (int x = 0; x < samples.count; x++) {
    const int* index = samples.index[x];
    const float* weight = samples.weight[x];
    Column sum = weight[0] * turnedIn[index[0]];
#pragma GCC unroll 4
    for (int k = 1; k < Taps; k++) sum += weight[k] * turnedIn[index[k]];
    turnedOut[x] = sum;
  }
  turnBack(turnedOut, samples.count, out);
}

// A function each, because templates cannot be cloned.
EVENSR_CLONES void linearRows(const float* const (&in)[kTurned], int width,
                              const Samples<2>& samples, Column* turnedIn, Column* turnedOut,
                              float* const (&out)[kTurned]) {
  alongRows(in, width, samples, turnedIn, turnedOut, out);
}

EVENSR_CLONES void cubicRows(const float* const (&in)[kTurned], int width,
                             const Samples<4>& samples, Column* turnedIn, Column* turnedOut,
                             float* const (&out)[kTurned]) {
  alongRows(in, width, samples, turnedIn, turnedOut, out);
}

EVENSR_CLONES void linearColumn(const float* a, const float* b, const float (&w)[2], int n,
                                float* out) {
  for (int x = 0; x < n; x++) out[x] = w[0] * a[x] + w[1] * b[x];
}

EVENSR_CLONES void cubicColumn(const float* const (&in)[4], const float (&w)[4], int n,
                               float* out) {
  const float *a = in[0], *b = in[1], *c = in[2], *d = in[3];
  for (int x = 0; x < n; x++) out[x] = w[0] * a[x] + w[1] * b[x] + w[2] * c[x] + w[3] * d[x];
}

// The input rows that any output row samples, ascending, and where each row stands among them.
struct NeededRows {
  int* rows;
  int* place;  // by row
  int count;
};

template <int Taps>
NeededRows neededRows(ScratchFrame& frame, const Samples<Taps>& samples, int height) {
  NeededRows needed{frame.take<int>(height), frame.take<int>(height), 0};
  std::fill_n(needed.place, height, -1);
  for (int y = 0; y < samples.count; y++) {
    for (const int row : samples.index[y]) needed.place[row] = 0;
  }
  for (int row = 0; row < height; row++) {
    if (needed.place[row] < 0) continue;
    needed.place[row] = needed.count;
    needed.rows[needed.count++] = row;
  }
  return needed;
}

// Rows are resized eight at a time. Output rows go down the image, so the last sixteen that were
// resized are enough.
template <int Taps>
void interpolate(const ResizeJob& job, float stepY, float stepX, Scratch& scratch) {
  constexpr int kKept = 2 * kTurned;
  ScratchFrame frame(scratch);
  const ImageView &in = job.in, &out = job.out;
  const auto columns = takeSamples<Taps>(frame, in.width, out.width, stepX);
  const auto lines = takeSamples<Taps>(frame, in.height, out.height, stepY);
  const NeededRows needed = neededRows(frame, lines, in.height);
  Column* turnedIn = frame.take<Column>(wholeEights(in.width));
  Column* turnedOut = frame.take<Column>(wholeEights(out.width));
  const size_t stride = wholeEights(out.width) + kTurned;
  float* kept = frame.take<float>(kKept * stride);
  for (int c = 0; c < out.channels; c++) {
    const float* plane = in.data + c * in.plane();
    int made = 0;
    for (int y = 0; y < out.height; y++) {
      while (made <= needed.place[lines.index[y][Taps - 1]]) {
        const float* from[kTurned];
        float* to[kTurned];
        for (int r = 0; r < kTurned; r++) {
          const int row = needed.rows[std::min(made + r, needed.count - 1)];
          from[r] = plane + static_cast<size_t>(row) * in.width;
          to[r] = kept + (made + r) % kKept * stride;
        }
        if constexpr (Taps == 2) {
          linearRows(from, in.width, columns, turnedIn, turnedOut, to);
        } else {
          cubicRows(from, in.width, columns, turnedIn, turnedOut, to);
        }
        made += kTurned;
      }
      const float* rows[Taps];
      for (int k = 0; k < Taps; k++) {
        rows[k] = kept + needed.place[lines.index[y][k]] % kKept * stride;
      }
      float* to = out.data + c * out.plane() + static_cast<size_t>(y) * out.width;
      if constexpr (Taps == 2) {
        linearColumn(rows[0], rows[1], lines.weight[y], out.width, to);
      } else {
        cubicColumn(rows, lines.weight[y], out.width, to);
      }
    }
  }
}

}  // namespace

void resizeBilinear(const ResizeJob& job, float stepY, float stepX, Scratch& scratch) {
  interpolate<2>(job, stepY, stepX, scratch);
}

void resizeBicubic(const ResizeJob& job, float stepY, float stepX, Scratch& scratch) {
  interpolate<4>(job, stepY, stepX, scratch);
}

}  // namespace evensr::cpu
