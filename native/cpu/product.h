// Products of matrices whose rows are vectors of channels, by SIMD path.
#pragma once

#include <cstddef>

namespace evensr::cpu {

// Rows of floats, `stride` apart.
struct MatrixView {
  const float* data;
  ptrdiff_t stride;
};

// out (rows, width) = or += a (rows, depth) b (depth, width), width a multiple of the lanes. Every
// sum runs over the depth in order, so that neither rows nor width change a bit of it.
using Product = void (*)(MatrixView a, MatrixView b, int depth, float* out, ptrdiff_t outStride,
                         int rows, int width, bool add);

struct ProductKernels {
  int lanes;
  Product plain;
  Product transposed;  // a is (depth, rows)
};

// The kernels of this CPU for results of `width` channels, whose last vector may be filled up.
const ProductKernels& productKernels(int width);

}  // namespace evensr::cpu
