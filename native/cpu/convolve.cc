#include "cpu/convolve.h"

#include <cstring>
#include <utility>

#include "clones.h"

namespace evensr::cpu {
namespace {

constexpr int kLanes = 16;  // scratch rows hold whole vectors: no loop has a remainder

int wholeVectors(int width) { return (width + kLanes - 1) / kLanes * kLanes; }

// A plane of scratch rows. Rows a multiple of 1 KB apart would compete for the same cache sets.
struct Plane {
  float* data;
  size_t stride;
  float* row(int y) const { return data + y * stride; }
};

Plane takePlane(ScratchFrame& frame, int height, int width) {
  size_t stride = wholeVectors(width);
  if (stride % 256 == 0) stride += kLanes;
  return {frame.take<float>(stride * height), stride};
}

// The kernel size is a template parameter so that all taps of a row unfold into one expression a
// pixel, which stays in a register while the compiler vectorises over x.
template <size_t... I>
inline __attribute__((always_inline)) void addRow(float* __restrict sum, const float* __restrict in,
                                                  size_t step, const float* __restrict taps, int n,
                                                  std::index_sequence<I...>) {
#pragma GCC ivdep
  for (int x = 0; x < n; x++) {
    float s = sum[x];
    ((s += taps[I] * in[x + I * step]), ...);
    sum[x] = s;
  }
}

template <size_t... I>
inline __attribute__((always_inline)) void setRow(float* __restrict out, const float* __restrict in,
                                                  size_t step, const float* __restrict taps, int n,
                                                  std::index_sequence<I...>) {
#pragma GCC ivdep
  for (int x = 0; x < n; x++) {
    float s = 0;
    ((s += taps[I] * in[x + I * step]), ...);
    out[x] = s;
  }
}

template <int K>
inline __attribute__((always_inline)) void denseRow(const Plane& in, const float* taps, int y,
                                                    int n, float* sum) {
  setRow(sum, in.row(y), 1, taps, n, std::make_index_sequence<K>());
  for (int ky = 1; ky < K; ky++) {
    addRow(sum, in.row(y + ky), 1, taps + ky * K, n, std::make_index_sequence<K>());
  }
}

EVENSR_CLONES void denseOutputRow(const Plane& in, const float* taps, int size, int y, int n,
                                  float* sum) {
  n = n / kLanes * kLanes;
  switch (size) {
    case 3:
      return denseRow<3>(in, taps, y, n, sum);
    case 5:
      return denseRow<5>(in, taps, y, n, sum);
    case 7:
      return denseRow<7>(in, taps, y, n, sum);
    case 9:
      return denseRow<9>(in, taps, y, n, sum);
    case 11:
      return denseRow<11>(in, taps, y, n, sum);
    case 13:
      return denseRow<13>(in, taps, y, n, sum);
    case 15:
      return denseRow<15>(in, taps, y, n, sum);
    case 17:
      return denseRow<17>(in, taps, y, n, sum);
    case 19:
      return denseRow<19>(in, taps, y, n, sum);
    case 21:
      return denseRow<21>(in, taps, y, n, sum);
    case 23:
      return denseRow<23>(in, taps, y, n, sum);
    default:
      return denseRow<25>(in, taps, y, n, sum);
  }
}

// Taps `step` floats apart: 1 along a row, the stride down a column.
EVENSR_CLONES void lineOfTaps(float* out, const float* in, size_t step, const float* taps, int size,
                              int n) {
  n = n / kLanes * kLanes;
  switch (size) {
    case 3:
      return setRow(out, in, step, taps, n, std::make_index_sequence<3>());
    case 5:
      return setRow(out, in, step, taps, n, std::make_index_sequence<5>());
    case 7:
      return setRow(out, in, step, taps, n, std::make_index_sequence<7>());
    case 9:
      return setRow(out, in, step, taps, n, std::make_index_sequence<9>());
    case 11:
      return setRow(out, in, step, taps, n, std::make_index_sequence<11>());
    case 13:
      return setRow(out, in, step, taps, n, std::make_index_sequence<13>());
    case 15:
      return setRow(out, in, step, taps, n, std::make_index_sequence<15>());
    case 17:
      return setRow(out, in, step, taps, n, std::make_index_sequence<17>());
    case 19:
      return setRow(out, in, step, taps, n, std::make_index_sequence<19>());
    case 21:
      return setRow(out, in, step, taps, n, std::make_index_sequence<21>());
    case 23:
      return setRow(out, in, step, taps, n, std::make_index_sequence<23>());
    case 25:
      return setRow(out, in, step, taps, n, std::make_index_sequence<25>());
    default:
      return setRow(out, in, step, taps, n, std::make_index_sequence<51>());
  }
}

// Fills a row of wholeVectors(width) + 2 radius floats: reflected on both sides, zero behind.
void padRow(const float* in, int width, int radius, float* out) {
  std::memcpy(out + radius, in, width * sizeof(float));
  for (int i = 1; i <= radius; i++) {
    out[radius - i] = in[reflect(-i, width)];
    out[radius + width - 1 + i] = in[reflect(width - 1 + i, width)];
  }
  std::memset(out + width + 2 * radius, 0, (wholeVectors(width) - width) * sizeof(float));
}

}  // namespace

int reflect(int i, int n) {
  if (n == 1) return 0;
  const int period = 2 * (n - 1);
  i %= period;
  if (i < 0) i += period;
  return i < n ? i : period - i;
}

void correlate(PlaneView image, const float* taps, int size, float* out, Scratch& scratch) {
  ScratchFrame frame(scratch);
  const int height = image.height, width = image.width;
  const int radius = size / 2, n = wholeVectors(width);
  const Plane padded = takePlane(frame, height + 2 * radius, n + 2 * radius);
  for (int y = 0; y < height + 2 * radius; y++) {
    padRow(image.row(reflect(y - radius, height)), width, radius, padded.row(y));
  }
  float* sum = frame.take<float>(n);
  for (int y = 0; y < height; y++) {
    denseOutputRow(padded, taps, size, y, n, sum);
    std::memcpy(out + static_cast<size_t>(y) * width, sum, width * sizeof(float));
  }
}

void correlateSeparable(PlaneView image, const float* row, int size, float* out, Scratch& scratch) {
  ScratchFrame frame(scratch);
  const int height = image.height, width = image.width;
  const int radius = size / 2, n = wholeVectors(width);
  const Plane along = takePlane(frame, height + 2 * radius, n);
  float* padded = frame.take<float>(n + 2 * radius);
  for (int y = 0; y < height; y++) {
    padRow(image.row(y), width, radius, padded);
    lineOfTaps(along.row(y + radius), padded, 1, row, size, n);
  }
  for (int i = 1; i <= radius; i++) {
    const int above = radius + reflect(-i, height);
    const int below = radius + reflect(height - 1 + i, height);
    std::memcpy(along.row(radius - i), along.row(above), n * sizeof(float));
    std::memcpy(along.row(radius + height - 1 + i), along.row(below), n * sizeof(float));
  }
  float* sum = frame.take<float>(n);
  for (int y = 0; y < height; y++) {
    lineOfTaps(sum, along.row(y), along.stride, row, size, n);
    std::memcpy(out + static_cast<size_t>(y) * width, sum, width * sizeof(float));
  }
}

}  // namespace evensr::cpu
