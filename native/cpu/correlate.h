// The inner loops of blur and USM, chosen for this CPU: what convolve.cc calls once a strip.
#pragma once

#include <cstddef>

namespace evensr::cpu {

constexpr int kWidestVector = 16;   // floats; image rows are readable up to whole such vectors
constexpr int kStripRows = 24;      // a multiple of all block heights but 5 .. 7
constexpr int kMaxKernelSide = 51;  // USM's

// Taps (height, width), and for each row the columns [begin, end) outside of which all are 0.
struct Taps {
  const float* data;
  int stride;
  int height;
  int begin[kMaxKernelSide], end[kMaxKernelSide];
};

// Some rows of output. Row y reads the image rows in[y] .. in[y + taps.height - 1]; column x of
// them lies under the taps' column 0 of output x.
struct Strip {
  const float* const* in;
  float* out;
  size_t outStride;
  int rows;
  int width;
};

struct CorrelateLoops {
  // out(y, x) = sum over (ky, kx), both ascending, of taps(ky, kx) in[y + ky][x + kx], from 0 on,
  // each step one fma. Taps that are 0 may be left out: they change no bit of a finite sum.
  void (*strip)(const Strip& strip, const Taps& taps);
  // The same for taps of one column that lie one after the other (stride 1).
  void (*column)(const Strip& strip, const Taps& taps);
  // One row: out(x) = sum over k ascending of taps(k) in(x + k). `shifted` is a copy of `in`; one
  // of the two begins on a cache line and the other in the middle of one. `out` takes whole
  // vectors.
  void (*row)(const float* in, const float* shifted, const float* taps, int size, int width,
              float* out);
};

const CorrelateLoops& correlateLoops();

}  // namespace evensr::cpu
