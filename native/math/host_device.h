// Marks the functions of native/math, which run on the CPU and on the GPU.
#pragma once

#if defined(__CUDACC__)
#define EVENSR_HD __host__ __device__ __forceinline__
#elif defined(__GNUC__)
// A call left in a loop keeps the loop from becoming SIMD, so inlining is not left to taste.
#define EVENSR_HD inline __attribute__((always_inline))
#else
#define EVENSR_HD inline
#endif
