// Products of matrices whose rows are vectors of channels, by SIMD path.
#pragma once

#include <cstddef>
#include <cstdint>

namespace evensr::cpu {

// Rows, `stride` elements apart.
template <class Element>
struct MatrixOf {
  const Element* data;
  ptrdiff_t stride;
};
using MatrixView = MatrixOf<float>;

// Two bfloat16 that follow one another along the depth of a product; the first is the lower half.
using Bf16Pair = uint32_t;
using PairView = MatrixOf<Bf16Pair>;

// out (rows, width) = or += a (rows, depth) b (depth, width), width a multiple of the lanes. Every
// sum runs over the depth in order, so that neither rows nor width change a bit of it.
using Product = void (*)(MatrixView a, MatrixView b, int depth, float* out, ptrdiff_t outStride,
                         int rows, int width, bool add);

// The same of operands in bfloat16, two rows of the depth in each element. Sums are float32, of a
// pair the second product first, each rounded.
using PairProduct = void (*)(PairView a, PairView b, int depth, float* out, ptrdiff_t outStride,
                             int rows, int width, bool add);

struct ProductKernels {
  int lanes;
  Product plain;
  Product transposed;  // a is (depth, rows)
};

// The kernels of this CPU for results of `width` channels, whose last vector may be filled up.
const ProductKernels& productKernels(int width);

}  // namespace evensr::cpu
