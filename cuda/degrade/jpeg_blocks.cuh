// The blocks of a tile of JPEG in shared memory: 24, and a thread for each of their rows or
// columns.
//
// With 4:2:0 a tile is 64 x 16 pixels: 16 blocks of luma, 4 of either chroma. With 4:4:4 it is
// 64 x 8: 8 of each.
#pragma once

#include "degrade/tiles.cuh"

namespace evensr::cuda {

constexpr int kJpegWidth = 64, kJpegHeight = 16;
constexpr int kJpegBlocks = 24, kJpegThreads = 8 * kJpegBlocks;

// Rows lie 9 places apart and blocks 72, so that the 32 lines that a warp works on, rows or columns
// of four blocks, begin in 32 different banks; and so do 32 neighbours in a row of pixels.
constexpr int kLinePitch = 9, kBlockPitch = 8 * kLinePitch;

template <class Value>
struct JpegBlocks {
  Value values[kJpegBlocks * kBlockPitch];

  // Sample (y, x) of a plane whose first block is `first` and that is `across` blocks wide.
  __device__ __forceinline__ Value& at(int first, int across, int y, int x) {
    const int block = first + y / 8 * across + x / 8;
    return values[block * kBlockPitch + y % 8 * kLinePitch + x % 8];
  }
};

// Transforms, quantises and transforms back all blocks. The coder does it line by line: forward(x)
// on rows; quantized(x, block, column) on columns, there and back; inverse(x) on rows. The eight
// lines of a block are in one warp, so that warps need not wait for each other.
template <class Value, class Coder>
__device__ __forceinline__ void codeBlocks(JpegBlocks<Value>& blocks, const Coder& coder) {
  const int block = static_cast<int>(threadIdx.x) / 8, line = static_cast<int>(threadIdx.x) % 8;
  Value* const corner = blocks.values + block * kBlockPitch;
  Value* const row = corner + line * kLinePitch;
  Value* const column = corner + line;
  Value x[8];
#pragma unroll
  for (int k = 0; k < 8; k++) x[k] = row[k];
  coder.forward(x);
#pragma unroll
  for (int k = 0; k < 8; k++) row[k] = x[k];
  __syncwarp();
#pragma unroll
  for (int k = 0; k < 8; k++) x[k] = column[k * kLinePitch];
  coder.quantized(x, block, line);
#pragma unroll
  for (int k = 0; k < 8; k++) column[k * kLinePitch] = x[k];
  __syncwarp();
#pragma unroll
  for (int k = 0; k < 8; k++) x[k] = row[k];
  coder.inverse(x);
#pragma unroll
  for (int k = 0; k < 8; k++) row[k] = x[k];
}

// Of two chroma values of neighbouring columns a thread sums one kind: those of even columns Cb,
// those of odd ones Cr. What it lacks comes from the lane beside it, so a whole warp must call.
template <class Value>
struct ChromaPair {
  Value left, right;
};

template <class Value>
__device__ __forceinline__ ChromaPair<Value> pairChroma(Value cb, Value cr, int column) {
  const bool even = column % 2 == 0;
  const Value own = even ? cb : cr;
  const Value other = __shfl_xor_sync(0xffffffffu, even ? cr : cb, 1);
  return {even ? own : other, even ? other : own};
}

}  // namespace evensr::cuda
