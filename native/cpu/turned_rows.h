// Eight rows of pixels, turned so that a vector holds one column of them: what a resize does along
// a row is then the same work on whole vectors, whatever pixels it picks.
#pragma once

#include <algorithm>
#include <cstring>

#include "cpu/transpose.h"

namespace evensr::cpu {

constexpr int kTurned = 8;
using Column = Eight<float>::Vec;

constexpr int wholeEights(int width) { return (width + kTurned - 1) / kTurned * kTurned; }

// columns[x] = pixel x of the eight rows. `columns` has wholeEights(width) places; `rows` are read
// up to their `width` only.
EVENSR_INLINE void turnRows(const float* const (&rows)[kTurned], int width, Column* columns) {
  int x = 0;
  for (; x + kTurned <= width; x += kTurned) {
    Column v[kTurned];
#pragma GCC unroll 8
    for (int r = 0; r < kTurned; r++) std::memcpy(&v[r], rows[r] + x, sizeof v[r]);
    transpose(v);
#pragma GCC unroll 8
    for (int i = 0; i < kTurned; i++) columns[x + i] = v[i];
  }
  for (; x < width; x++) {
    for (int r = 0; r < kTurned; r++) columns[x][r] = rows[r][x];
  }
}

// The way back; `rows` are written up to wholeEights(width).
EVENSR_INLINE void turnBack(const Column* columns, int width, float* const (&rows)[kTurned]) {
  for (int x = 0; x < width; x += kTurned) {
    Column v[kTurned];
#pragma GCC unroll 8
    for (int i = 0; i < kTurned; i++) v[i] = columns[x + i];
    transpose(v);
#pragma GCC unroll 8
    for (int r = 0; r < kTurned; r++) std::memcpy(rows[r] + x, &v[r], sizeof v[r]);
  }
}

}  // namespace evensr::cpu
