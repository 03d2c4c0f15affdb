// Blur kernels: the seven families of Real-ESRGAN, point-sampled and normalised.
#pragma once

#include "degrade/recipe.h"

namespace evensr {

constexpr int kMaxKernelSize = 25;

struct KernelParameters {
  KernelType type;
  int size;  // odd, 3..25
  double sigmaX, sigmaY, theta, beta, omega;
  double shift;  // iso: pixels to the right and down
  int index;     // bank: which kernel
};

// Whether sigmaY and theta mean something to this family.
constexpr bool isAnisotropic(KernelType type) {
  return type == KernelType::aniso || type == KernelType::generalizedAniso ||
         type == KernelType::plateauAniso;
}

// Either row or taps (size x size, row by row); the rest of the arrays is unused.
struct BlurKernel {
  int size = 0;
  bool separable = false;  // row is given: the kernel is its outer product with itself
  float taps[kMaxKernelSize * kMaxKernelSize];
  float row[kMaxKernelSize];
};

// The parameters must be valid (degrade/plan.h checks them). With x to the right and y down from
// the centre, q = (x y) C^-1 (x y)^T and C = R(theta) diag(sigmaX^2, sigmaY^2) R(theta)^T:
//
//   iso, aniso     exp(-q / 2)
//   generalized    exp(-q^beta / 2)
//   plateau        1 / (1 + q^beta)
//   sinc           omega J1(omega r) / (2 pi r)
//
// all divided by their sum. Real-ESRGAN, arXiv 2107.10833: section 3.2, sinc in equation 6.
// An iso kernel is then moved by `shift` to the right and down: interpolated linearly, its first
// row and column continued, and divided by its sum again. With (n - 1) / 2 and every n-th pixel
// taken, a pixel shows the middle of its n x n (BSRGAN, arXiv 2103.14006, section 3.2).
// `taps` has size^2 places.
void kernelTaps(const KernelParameters& parameters, double* taps);

// The same in float. Taps smaller than 2^-29 become 0, which changes no sum by more than 1e-6, so
// that nobody needs to add them. Not for type bank, whose taps are given.
void denseTaps(const KernelParameters& parameters, float* taps);

// The row of a separable kernel, the dense taps of any other, as denseTaps gives them.
void makeKernel(const KernelParameters& parameters, BlurKernel& kernel);

}  // namespace evensr
