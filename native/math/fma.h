// The fused multiply-add, written where it is wanted and never left to the compiler.
#pragma once

#include "math/host_device.h"

namespace evensr {

// a b + c, rounded once. A CPU without the instruction gets the same bits from the C library.
EVENSR_HD float fmaOf(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

EVENSR_HD double fmaOf(double a, double b, double c) {
#if defined(__CUDA_ARCH__)
  return __fma_rn(a, b, c);
#else
  return __builtin_fma(a, b, c);
#endif
}

}  // namespace evensr
