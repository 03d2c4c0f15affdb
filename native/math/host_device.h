// Marks the functions of native/math, which run on the CPU and on the GPU: EVENSR_HD what stands in
// loops over pixels, EVENSR_HD_CALL what is called a few times an image.
#pragma once

#if defined(__CUDACC__)
#define EVENSR_HD __host__ __device__ __forceinline__
#define EVENSR_HD_CALL __host__ __device__ inline
#elif defined(__GNUC__)
// A call left in a loop keeps the loop from becoming SIMD, so inlining is not left to taste.
#define EVENSR_HD inline __attribute__((always_inline))
#define EVENSR_HD_CALL inline
#else
#define EVENSR_HD inline
#define EVENSR_HD_CALL inline
#endif
