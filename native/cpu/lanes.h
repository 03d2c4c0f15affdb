// Included once a SIMD path, inside the path's namespace, after cpu/simd.h: vectors as types that
// the kernels of networks take as a parameter.

struct FullLanes {
  using V = Vec;
  static constexpr int kCount = kLanes, kSums = kAccumulators;
  EVENSR_INLINE static V read(const float* p) { return load(p); }
  EVENSR_INLINE static void write(float* p, V v) { store(p, v); }
  EVENSR_INLINE static V all(float x) { return broadcast(&x); }
  // Of products (cpu/matrix_product.h).
  using Operand = float;
  using Factor = V;
  EVENSR_INLINE static Factor factors(const float* p) { return read(p); }
  EVENSR_INLINE static Factor factor(float x) { return all(x); }
  // Without an instruction for it not fused: networks promise the same bits for one path only.
  EVENSR_INLINE static V multiplyAdd(V a, V b, V c) {
#if defined(__x86_64__) && !defined(__FMA__)
    if constexpr (kLanes == 4) return a * b + c;
#endif
    return fma(a, b, c);
  }
  // x > 0 ? x : y
  EVENSR_INLINE static V positiveOr(V x, V y) { return x > zero() ? x : y; }
  // x > 0 ? y : z
  EVENSR_INLINE static V choose(V x, V y, V z) { return x > zero() ? y : z; }
};

#ifdef EVENSR_PATH_IS_AVX512
// For channels that do not fill the long ones; as fast where the CPU halves those itself.
struct HalfLanes {
  using V = __m256;
  static constexpr int kCount = 8, kSums = 24;
  EVENSR_INLINE static V read(const float* p) { return _mm256_loadu_ps(p); }
  EVENSR_INLINE static void write(float* p, V v) { _mm256_storeu_ps(p, v); }
  EVENSR_INLINE static V all(float x) { return _mm256_set1_ps(x); }
  using Operand = float;
  using Factor = V;
  EVENSR_INLINE static Factor factors(const float* p) { return read(p); }
  EVENSR_INLINE static Factor factor(float x) { return all(x); }
  EVENSR_INLINE static V multiplyAdd(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  EVENSR_INLINE static V positiveOr(V x, V y) { return x > V{} ? x : y; }
  EVENSR_INLINE static V choose(V x, V y, V z) { return x > V{} ? y : z; }
};
#endif
