// The taps of blur kernels on the host, from the formulas of math/blur_kernel.h.
#pragma once

#include "math/blur_kernel.h"

namespace evensr {

// Either row or taps (size x size, row by row); the rest of the arrays is unused.
struct BlurKernel {
  int size = 0;
  bool separable = false;  // row is given: the kernel is its outer product with itself
  float taps[kMaxKernelSize * kMaxKernelSize];
  float row[kMaxKernelSize];
};

// The parameters must be valid (degrade/plan.h checks them). An iso kernel is moved by `shift` to
// the right and down: interpolated linearly, its first row and column continued, and divided by its
// sum again. With (n - 1) / 2 and every n-th pixel taken, a pixel shows the middle of its n x n
// (BSRGAN, arXiv 2103.14006, section 3.2). `taps` has size^2 places.
void kernelTaps(const KernelParameters& parameters, double* taps);

// The same as floatTap() of each. Not for type bank, whose taps are given.
void denseTaps(const KernelParameters& parameters, float* taps);

// The row of a separable kernel, the dense taps of any other, as denseTaps gives them.
void makeKernel(const KernelParameters& parameters, BlurKernel& kernel);

}  // namespace evensr
