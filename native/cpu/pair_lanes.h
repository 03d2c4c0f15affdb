// Included once a SIMD path, inside the path's namespace, after cpu/lanes.h: vectors of pairs of
// bfloat16, the operands of products whose sums are float32.
//
// Rounding is to nearest, ties to even, and NaN stays NaN. Instructions for it and what stands in
// for them give the same bits but for numbers below 2^-126, which the instructions take for 0: a
// product of two bfloat16 is exact in float32, so that only the sums round.

// L with integers in place of such instructions.
template <class L>
struct PairLanes {
  using V = typename L::V;
  static constexpr int kCount = L::kCount;
  static constexpr int kSums = L::kSums * 2 / 3;  // factors take more registers
  using Operand = Bf16Pair;
  struct Factor {
    V first, second;
  };
  typedef uint32_t Bits __attribute__((vector_size(sizeof(V))));
  typedef uint16_t Halves __attribute__((vector_size(sizeof(V) / 2)));

  EVENSR_INLINE static V read(const float* p) { return L::read(p); }
  EVENSR_INLINE static void write(float* p, V v) { L::write(p, v); }
  EVENSR_INLINE static V all(float x) { return L::all(x); }

  EVENSR_INLINE static Factor factors(const Bf16Pair* p) {
    Bits pairs;
    std::memcpy(&pairs, p, sizeof pairs);
    return {(V)(pairs << 16), (V)(pairs & 0xFFFF0000)};
  }
  EVENSR_INLINE static Factor factor(Bf16Pair pair) {
    const uint32_t bits[2] = {pair << 16, pair & 0xFFFF0000};
    float values[2];
    std::memcpy(values, bits, sizeof values);
    return {L::all(values[0]), L::all(values[1])};
  }
  EVENSR_INLINE static V multiplyAdd(const Factor& a, const Factor& b, V sum) {
    return L::multiplyAdd(a.first, b.first, L::multiplyAdd(a.second, b.second, sum));
  }

  EVENSR_INLINE static Bits upperHalf(V v) {
    const Bits bits = (Bits)v;
    return (v == v ? bits + 0x7FFF + (bits >> 16 & 1) : bits | 0x400000) >> 16;
  }
  EVENSR_INLINE static Halves rounded(V v) { return __builtin_convertvector(upperHalf(v), Halves); }
};

#ifndef EVENSR_PATH_HAS_BF16
using FullPairs = PairLanes<FullLanes>;
#else
struct FullPairs {
  using V = __m512;
  static constexpr int kCount = 16, kSums = 24;
  using Operand = Bf16Pair;
  using Factor = __m512i;
  EVENSR_INLINE static V read(const float* p) { return _mm512_loadu_ps(p); }
  EVENSR_INLINE static void write(float* p, V v) { _mm512_storeu_ps(p, v); }
  EVENSR_INLINE static V all(float x) { return _mm512_set1_ps(x); }
  EVENSR_INLINE static Factor factors(const Bf16Pair* p) { return _mm512_loadu_si512(p); }
  EVENSR_INLINE static Factor factor(Bf16Pair pair) {
    return _mm512_set1_epi32(static_cast<int>(pair));
  }
  EVENSR_INLINE static V multiplyAdd(Factor a, Factor b, V sum) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
  }
  typedef uint16_t Halves __attribute__((vector_size(32)));
  EVENSR_INLINE static Halves rounded(V v) { return (Halves)_mm512_cvtneps_pbh(v); }
};
#endif

// A pair a lane.
template <class Pairs>
EVENSR_INLINE void writePairs(Bf16Pair* p, typename Pairs::V first, typename Pairs::V second) {
  typedef uint32_t Bits __attribute__((vector_size(sizeof first)));
  const Bits low = __builtin_convertvector(Pairs::rounded(first), Bits);
  const Bits pairs = low | __builtin_convertvector(Pairs::rounded(second), Bits) << 16;
  std::memcpy(p, &pairs, sizeof pairs);
}

// Neighbouring lanes are a pair.
template <class Pairs>
EVENSR_INLINE void writeChannels(Bf16Pair* p, typename Pairs::V v) {
  const auto halves = Pairs::rounded(v);
  std::memcpy(p, &halves, sizeof halves);
}
