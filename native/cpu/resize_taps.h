// Separable resizes whose taps are written out in tables.
#pragma once

#include "cpu/scratch.h"
#include "tensor.h"

namespace evensr::cpu {

// The taps of one axis: output i = sum over k of weight[k * out + i] in[index[k * out + i]].
struct TapTable {
  int taps;
  int out;
  int* index;
  float* weight;

  // Uninitialised.
  TapTable(ScratchFrame& frame, int taps, int out);
  void set(int k, int i, int from, double value) {
    index[static_cast<size_t>(k) * out + i] = from;
    weight[static_cast<size_t>(k) * out + i] = static_cast<float>(value);
  }
};

// Every channel of `in` to `out`: down the columns first, then along the rows, each as
// w0 p0 + w1 p1 + ... with taps in ascending order.
void applyTaps(ImageView in, ImageView out, const TapTable& rows, const TapTable& columns,
               Scratch& scratch);

}  // namespace evensr::cpu
