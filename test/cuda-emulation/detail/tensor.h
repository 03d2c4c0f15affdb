// Emulated twins of the tensor-core and asynchronous-copy instructions that src/gpu.h wraps.
#pragma once
#include <cstdint>

#include "warp.h"

namespace cuda_emulation {

// mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32: d[16][8] += a[16][16] b[16][8].
// With g = lane / 4 and q = lane % 4 a lane holds, two bf16 to a register (the lower half first):
//   a[0] row g,   columns 2q, 2q+1     a[2] row g,   columns 2q+8, 2q+9
//   a[1] row g+8, columns 2q, 2q+1     a[3] row g+8, columns 2q+8, 2q+9
//   b[0] rows 2q, 2q+1 of column g     b[1] rows 2q+8, 2q+9 of column g
//   d[0], d[1] row g, columns 2q, 2q+1     d[2], d[3] the same of row g+8
// Order and rounding of the additions differ from the hardware's: compare with a tolerance.
inline void mmaBf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  Quiet quiet;
  Lane& lane = self();
  lane.registers[0] = d;
  lane.registers[1] = const_cast<uint32_t*>(a);
  lane.registers[2] = const_cast<uint32_t*>(b);
  warpOperation(kAllLanes, "mma.sync.m16n8k16", [](Lane* warp, unsigned) {
    const auto half = [](uint32_t pair, int h) {
      const uint32_t bits = h ? pair & 0xffff0000u : pair << 16;
      float value;
      memcpy(&value, &bits, sizeof value);
      return value;
    };
    float A[16][16], B[16][8];
    for (int t = 0; t < 32; t++) {
      const auto* ra = static_cast<const uint32_t*>(warp[t].registers[1]);
      const auto* rb = static_cast<const uint32_t*>(warp[t].registers[2]);
      const int g = t / 4, q = t % 4;
      for (int h = 0; h < 2; h++) {
        A[g][q * 2 + h] = half(ra[0], h);
        A[g + 8][q * 2 + h] = half(ra[1], h);
        A[g][q * 2 + 8 + h] = half(ra[2], h);
        A[g + 8][q * 2 + 8 + h] = half(ra[3], h);
        B[q * 2 + h][g] = half(rb[0], h);
        B[q * 2 + 8 + h][g] = half(rb[1], h);
      }
    }
    for (int t = 0; t < 32; t++) {
      auto* rd = static_cast<float*>(warp[t].registers[0]);
      for (int i = 0; i < 4; i++) {
        const int row = t / 4 + i / 2 * 8, column = t % 4 * 2 + i % 2;
        float sum = 0;
        for (int k = 0; k < 16; k++) sum += A[row][k] * B[k][column];
        rd[i] += sum;
      }
    }
  });
}

// ldmatrix.sync.aligned.m8n8.x4[.trans].shared.b16: four 8x8 matrices of 16-bit elements. Lane l
// names row l % 8 of matrix l / 8; every lane receives two elements of each matrix.
template <bool Transposed>
inline void loadMatrix(uint32_t (&registers)[4], const void* row) {
  // Outside of Quiet, so that the sanitizers see this lane's sixteen bytes being read.
  for (int i = 0; i < 4; i++) (void)static_cast<const volatile uint32_t*>(row)[i];
  Quiet quiet;
  Lane& lane = self();
  lane.registers[0] = registers;
  lane.registers[1] = const_cast<void*>(row);
  warpOperation(kAllLanes, "ldmatrix", [](Lane* warp, unsigned) {
    for (int t = 0; t < 32; t++) {
      if (reinterpret_cast<uintptr_t>(warp[t].registers[1]) % 16) {
        throw std::runtime_error("emu: ldmatrix address not 16-byte aligned");
      }
    }
    for (int m = 0; m < 4; m++) {
      for (int t = 0; t < 32; t++) {
        uint16_t pair[2];
        for (int h = 0; h < 2; h++) {
          const int row = Transposed ? t % 4 * 2 + h : t / 4;
          const int column = Transposed ? t / 4 : t % 4 * 2 + h;
          pair[h] = static_cast<const uint16_t*>(warp[m * 8 + row].registers[1])[column];
        }
        memcpy(static_cast<uint32_t*>(warp[t].registers[0]) + m, pair, sizeof pair);
      }
    }
  });
}

// cp.async. The hardware may copy at any moment between issue and wait, so both ends are tested:
// EMU_CPASYNC=lazy (default) copies at the wait and shows a missing or too weak wait as wrong
// data; eager copies at issue and shows a buffer that is overwritten while others still read it.
// None of this is Quiet: TSan has to see the copies.
inline void copyAsync(void* to, const void* from, size_t bytes) {
  static const bool eager = [] {
    const char* mode = getenv("EMU_CPASYNC");
    return mode && !strcmp(mode, "eager");
  }();
  if ((reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from)) % bytes) {
    throw std::runtime_error("emu: cp.async address not aligned to its size");
  }
  if (eager) {
    memcpy(to, from, bytes);
  } else {
    Lane& lane = self();
    lane.copies.push_back({to, from, bytes, lane.copyGroup});
  }
}

inline void commitCopies() { self().copyGroup++; }

// Leaves at most `pending` of the newest groups in flight.
inline void waitCopies(int pending) {
  Lane& lane = self();
  size_t kept = 0;
  for (const PendingCopy copy : lane.copies) {
    if (copy.group < lane.copyGroup - pending) {
      memcpy(copy.to, copy.from, copy.bytes);
    } else {
      lane.copies[kept++] = copy;
    }
  }
  lane.copies.resize(kept);
}

}  // namespace cuda_emulation
