// One vector type per SIMD path, each in the namespace of its path.
//
// A kernel written with these names is compiled once a path by cpu/each_path.h. Every path gives
// the same bits: lanes are pixels, and nothing is ever added across them.
//
// A path adds its instructions to those of the build. `arch=` would replace them, and a compiler
// that was told -march=native or x86-64-v4 inlines its intrinsics only where all of that is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "clones.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// Without instructions for it, fma of float is exact in double but for the last rounding.
namespace evensr::cpu::baseline {

constexpr int kLanes = 4;
constexpr int kAccumulators = 12;  // sums that stay in registers beside what they are made of
typedef float Vec __attribute__((vector_size(16)));

EVENSR_INLINE Vec load(const float* p) {
  Vec v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
EVENSR_INLINE void store(float* p, Vec v) { std::memcpy(p, &v, sizeof v); }
EVENSR_INLINE Vec broadcast(const float* p) { return Vec{*p, *p, *p, *p}; }
EVENSR_INLINE Vec zero() { return Vec{}; }

// 32-bit numbers in the lower halves; the upper halves may hold anything.
typedef uint64_t Wide __attribute__((vector_size(16)));
typedef uint32_t Narrow __attribute__((vector_size(16)));

#if defined(__x86_64__)
EVENSR_INLINE Wide multiply(Wide a, Wide b) { return (Wide)_mm_mul_epu32((__m128i)a, (__m128i)b); }
#else
EVENSR_INLINE Wide multiply(Wide a, Wide b) { return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF); }
#endif
// The lower halves of both: two of a, two of b, and so on.
EVENSR_INLINE Narrow lowerHalves(Wide a, Wide b) {
  return __builtin_shufflevector((Narrow)a, (Narrow)b, 0, 2, 4, 6);
}

#if defined(__aarch64__)
EVENSR_INLINE Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
#elif defined(__x86_64__) && !defined(__FMA__)
// a b is exact in double. The sum is rounded to odd, that is, an inexact one gets an odd last bit:
// then rounding it a second time, to float, errs by no more than rounding once.
EVENSR_INLINE __m128 fmaOfTwo(__m128 a, __m128 b, __m128 c) {
  const __m128d product = _mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b));
  const __m128d addend = _mm_cvtps_pd(c);
  const __m128d sum = _mm_add_pd(product, addend);
  const __m128d share = _mm_sub_pd(sum, product);
  const __m128d error =
      _mm_add_pd(_mm_sub_pd(product, _mm_sub_pd(sum, share)), _mm_sub_pd(addend, share));
  const __m128d none = _mm_setzero_pd();
  const __m128i inexact =
      _mm_castpd_si128(_mm_or_pd(_mm_cmplt_pd(error, none), _mm_cmpgt_pd(error, none)));
  const __m128i one = _mm_set1_epi64x(1);
  const __m128i bits = _mm_castpd_si128(sum);
  // an even sum moves towards its error: up or down by one in magnitude
  const __m128i even = _mm_and_si128(inexact, _mm_andnot_si128(bits, one));
  const __m128i opposed = _mm_srli_epi64(_mm_castpd_si128(_mm_xor_pd(sum, error)), 63);
  const __m128i down = _mm_and_si128(even, opposed);
  const __m128i odd = _mm_sub_epi64(_mm_add_epi64(bits, even), _mm_add_epi64(down, down));
  return _mm_cvtpd_ps(_mm_castsi128_pd(odd));
}
EVENSR_INLINE Vec fma(Vec a, Vec b, Vec c) {
  const __m128 low = fmaOfTwo(a, b, c);
  const __m128 high = fmaOfTwo(_mm_movehl_ps(a, a), _mm_movehl_ps(b, b), _mm_movehl_ps(c, c));
  return _mm_movelh_ps(low, high);
}
#else
EVENSR_INLINE Vec fma(Vec a, Vec b, Vec c) {
  Vec v;
  for (int i = 0; i < kLanes; i++) v[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return v;
}
#endif

}  // namespace evensr::cpu::baseline

#if EVENSR_SIMD_ONLY == 0 || EVENSR_SIMD_ONLY == EVENSR_SIMD_avx2
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,bmi,bmi2,lzcnt,movbe")
namespace evensr::cpu::avx2 {

constexpr int kLanes = 8;
constexpr int kAccumulators = 12;
using Vec = __m256;

EVENSR_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
EVENSR_INLINE void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
EVENSR_INLINE Vec broadcast(const float* p) { return _mm256_broadcast_ss(p); }
EVENSR_INLINE Vec zero() { return _mm256_setzero_ps(); }
EVENSR_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }

typedef uint64_t Wide __attribute__((vector_size(32)));
typedef uint32_t Narrow __attribute__((vector_size(32)));

EVENSR_INLINE Wide multiply(Wide a, Wide b) {
  return (Wide)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}
EVENSR_INLINE Narrow lowerHalves(Wide a, Wide b) {
  return (Narrow)_mm256_shuffle_ps((__m256)a, (__m256)b, 0x88);
}

}  // namespace evensr::cpu::avx2
#pragma GCC pop_options
#endif

#if EVENSR_SIMD_ONLY == 0 || EVENSR_SIMD_ONLY == EVENSR_SIMD_avx512
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,fma,f16c,bmi,bmi2,lzcnt,movbe")
namespace evensr::cpu::avx512 {

constexpr int kLanes = 16;
constexpr int kAccumulators = 24;
using Vec = __m512;

EVENSR_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
EVENSR_INLINE void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
EVENSR_INLINE Vec broadcast(const float* p) { return _mm512_set1_ps(*p); }
EVENSR_INLINE Vec zero() { return _mm512_setzero_ps(); }
EVENSR_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }

typedef uint64_t Wide __attribute__((vector_size(64)));
typedef uint32_t Narrow __attribute__((vector_size(64)));

// Unmasked, GCC 12 takes a variable in its own header for uninitialised.
EVENSR_INLINE Wide multiply(Wide a, Wide b) {
  return (Wide)_mm512_maskz_mul_epu32(0xFF, (__m512i)a, (__m512i)b);
}
EVENSR_INLINE Narrow lowerHalves(Wide a, Wide b) {
  return (Narrow)_mm512_shuffle_ps((__m512)a, (__m512)b, 0x88);
}

}  // namespace evensr::cpu::avx512
#pragma GCC pop_options
#endif

// The path's own `name`, for the fastest path that this CPU has.
#if EVENSR_SIMD_ONLY == EVENSR_SIMD_baseline
#define EVENSR_BEST_PATH(name) baseline::name
#elif EVENSR_SIMD_ONLY == EVENSR_SIMD_avx2
#define EVENSR_BEST_PATH(name) avx2::name
#elif EVENSR_SIMD_ONLY == EVENSR_SIMD_avx512
#define EVENSR_BEST_PATH(name) avx512::name
#else
#define EVENSR_BEST_PATH(name)                                                      \
  (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&       \
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") \
       ? avx512::name                                                               \
   : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? avx2::name   \
                                                                     : baseline::name)
#endif
