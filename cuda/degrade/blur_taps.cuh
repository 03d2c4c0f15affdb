// The taps of a batch's blur kernels, made on the device from their parameters.
#pragma once

#include <cuda_runtime.h>

#include "math/blur_kernel.h"

namespace evensr::cuda {

// Of some columns or rows: [begin, end).
struct Extent {
  int begin, end;
};

// Of one image, in device memory.
struct BlurTaps {
  // size x size, row by row; or, of an iso kernel, the `size` taps whose outer product it is.
  float taps[kMaxKernelSize * kMaxKernelSize];
  Extent inRow[kMaxKernelSize];  // of each row of taps, the columns outside of which all are 0
  Extent rows, columns;          // of all taps
};

struct BlurTapsItem {
  KernelParameters kernel;
  const float* given;  // bank: its taps, in device memory
  BlurTaps* taps;
};

// Rows of taps that there are.
__host__ __device__ inline int tapRows(const KernelParameters& kernel) {
  return kernel.type == KernelType::iso ? 1 : kernel.size;
}

// A block a kernel. The same bits as degrade/kernels.h gives.
__global__ void makeBlurTaps(const BlurTapsItem* items);
constexpr int kBlurTapsThreads = 128;

}  // namespace evensr::cuda
