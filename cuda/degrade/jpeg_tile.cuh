// A tile of JPEG blocks in shared memory: 64 x 16 pixels, which are 4 MCUs of 4:2:0.
#pragma once

#include "degrade/tiles.cuh"

namespace evensr::cuda {

constexpr int kJpegWidth = 64, kJpegHeight = 16, kJpegThreads = 192;
// Rows of 8 blocks and a place more, so that neither rows nor columns of blocks meet in a bank.
constexpr int kLumaPitch = kJpegWidth + 1, kHalfPitch = kJpegWidth / 2 + 1;

// One of the planes: where its samples lie and how many blocks it has.
template <class Value>
struct JpegPlane {
  Value* data;
  int pitch, across, down;  // in values, in blocks
  __device__ int blocks() const { return across * down; }
};

// Transforms every block of a plane in place: `rows` on each row of 8 values, `columns` on each
// column (with the place of the column), `rowsBack` on each row again.
template <class Value, class Rows, class Columns, class RowsBack>
__device__ __forceinline__ void codePlane(const JpegPlane<Value>& plane, Rows&& rows,
                                          Columns&& columns, RowsBack&& rowsBack) {
  const int lines = plane.blocks() * 8;
  const auto each = [&](bool isRow, auto&& transform) {
    for (int i = static_cast<int>(threadIdx.x); i < lines; i += kJpegThreads) {
      const int block = i / 8, line = i % 8;
      Value* corner =
          plane.data + block / plane.across * 8 * plane.pitch + block % plane.across * 8;
      Value* first = isRow ? corner + line * plane.pitch : corner + line;
      const int step = isRow ? 1 : plane.pitch;
      Value x[8];
#pragma unroll
      for (int k = 0; k < 8; k++) x[k] = first[k * step];
      transform(x, line);
#pragma unroll
      for (int k = 0; k < 8; k++) first[k * step] = x[k];
    }
    __syncthreads();
  };
  each(true, rows);
  each(false, columns);
  each(true, rowsBack);
}

}  // namespace evensr::cuda
