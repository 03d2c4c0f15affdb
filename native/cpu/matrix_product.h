// Compiled once a SIMD path, inside the path's namespace: products of small matrices whose rows are
// vectors of channels. L says what an element of them is (Operand) and what it becomes in a
// register (Factor): floats and vectors of them, or pairs of bfloat16.

// out[i] (+)= sum over k of a[i][k] b[k], Rows rows of Vectors vectors that stay in registers.
template <class L, int Vectors, int Rows>
EVENSR_INLINE void productBlock(const typename L::Operand* a, ptrdiff_t rowStride,
                                ptrdiff_t depthStride, const typename L::Operand* b,
                                ptrdiff_t bStride, int depth, float* out, ptrdiff_t outStride,
                                bool add) {
  typename L::V sum[Rows][Vectors];
#pragma GCC unroll 32
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) {
      sum[i][v] = add ? L::read(out + i * outStride + v * L::kCount) : L::all(0);
    }
  }
  for (int k = 0; k < depth; k++) {
    typename L::Factor right[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) right[v] = L::factors(b + v * L::kCount);
#pragma GCC unroll 32
    for (int i = 0; i < Rows; i++) {
      const auto left = L::factor(*(a + i * rowStride));
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; v++) sum[i][v] = L::multiplyAdd(left, right[v], sum[i][v]);
    }
    a += depthStride;
    b += bStride;
  }
#pragma GCC unroll 32
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) L::write(out + i * outStride + v * L::kCount, sum[i][v]);
  }
}

// Blocks of Rows rows, then of fewer, until no row is left.
template <class L, int Vectors, int Rows, bool transposed>
EVENSR_INLINE void productRows(MatrixOf<typename L::Operand> a, MatrixOf<typename L::Operand> b,
                               int depth, float* out, ptrdiff_t outStride, int rows, bool add) {
  const ptrdiff_t rowStride = transposed ? 1 : a.stride, depthStride = transposed ? a.stride : 1;
  for (; rows >= Rows; rows -= Rows) {
    productBlock<L, Vectors, Rows>(a.data, rowStride, depthStride, b.data, b.stride, depth, out,
                                   outStride, add);
    a.data += Rows * rowStride;
    out += Rows * outStride;
  }
  constexpr int kFewer = Rows > 4 ? 4 : Rows / 2;
  if constexpr (kFewer > 0) {
    productRows<L, Vectors, kFewer, transposed>(a, b, depth, out, outStride, rows, add);
  }
}

template <class L, int Vectors, bool transposed>
void productPanel(MatrixOf<typename L::Operand> a, MatrixOf<typename L::Operand> b, int depth,
                  float* out, ptrdiff_t outStride, int rows, bool add) {
  constexpr int kMost = L::kSums / Vectors;
  productRows<L, Vectors, (kMost < 12 ? kMost : 12), transposed>(a, b, depth, out, outStride, rows,
                                                                 add);
}

// out (rows, width) = or += a (rows, depth) b (depth, width), or with a (depth, rows) transposed.
// width: a multiple of the lanes. Sums run over depth in order, whatever rows and width are.
template <class L, bool transposed>
void product(MatrixOf<typename L::Operand> a, MatrixOf<typename L::Operand> b, int depth,
             float* out, ptrdiff_t outStride, int rows, int width, bool add) {
  for (int left = width / L::kCount; left > 0;) {
    const int take = left % 4 == 0 ? 4 : left % 3 == 0 ? 3 : left > 4 ? 4 : left;
    const auto panel = take == 4   ? productPanel<L, 4, transposed>
                       : take == 3 ? productPanel<L, 3, transposed>
                       : take == 2 ? productPanel<L, 2, transposed>
                                   : productPanel<L, 1, transposed>;
    panel(a, b, depth, out, outStride, rows, add);
    b.data += take * L::kCount;
    out += take * L::kCount;
    left -= take;
  }
}

template <class L>
constexpr ProductKernels kProducts = {L::kCount, product<L, false>, product<L, true>};

inline const ProductKernels* productsFor([[maybe_unused]] int width) {
#ifdef EVENSR_PATH_IS_AVX512
  if (width % FullLanes::kCount != 0 && width % FullLanes::kCount <= HalfLanes::kCount) {
    return &kProducts<HalfLanes>;
  }
#endif
  return &kProducts<FullLanes>;
}
