// Which SIMD versions of the hot loops are compiled, and loops that the compiler vectorises.
//
// x86-64 has three: baseline, AVX2 with FMA, AVX-512. Each loop is compiled for all of them and the
// best one for this CPU is chosen at run time. -DEVENSR_SIMD=baseline, avx2 or avx512 leaves one
// version only, so that a test can run each. Other machines, and other compilers than GCC, have
// what their target options say.
#pragma once

#define EVENSR_SIMD_baseline 1
#define EVENSR_SIMD_avx2 2
#define EVENSR_SIMD_avx512 3
#define EVENSR_SIMD_NUMBER_(name) EVENSR_SIMD_##name
#define EVENSR_SIMD_NUMBER(name) EVENSR_SIMD_NUMBER_(name)

#if !defined(__x86_64__) || !defined(__GNUC__) || defined(__clang__)
#define EVENSR_SIMD_ONLY EVENSR_SIMD_baseline
#elif defined(EVENSR_SIMD)
#define EVENSR_SIMD_ONLY EVENSR_SIMD_NUMBER(EVENSR_SIMD)
#else
#define EVENSR_SIMD_ONLY 0  // all
#endif

// Marks a function whose loops the compiler vectorises. Only loops over pixels or channels may be
// marked: vector width then changes no order of operations, and with -ffp-contract=off the bits are
// the same in every version.
#if EVENSR_SIMD_ONLY == EVENSR_SIMD_avx512
#define EVENSR_CLONES __attribute__((target("arch=x86-64-v4")))
#elif EVENSR_SIMD_ONLY == EVENSR_SIMD_avx2
#define EVENSR_CLONES __attribute__((target("arch=x86-64-v3")))
#elif EVENSR_SIMD_ONLY == EVENSR_SIMD_baseline || defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__)
#define EVENSR_CLONES
#else
#define EVENSR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif

// A part of a marked function or of a SIMD path: it must not become a function of its own.
#define EVENSR_INLINE inline __attribute__((always_inline))
