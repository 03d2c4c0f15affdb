// Compiles the file named by EVENSR_EACH_PATH once per SIMD path, inside the path's namespace.
// What that file needs must be included before: headers may not be read for one path alone.

#if EVENSR_SIMD_ONLY == 0 || EVENSR_SIMD_ONLY == EVENSR_SIMD_baseline
namespace evensr::cpu::baseline {
#include EVENSR_EACH_PATH
}
#endif

#if EVENSR_SIMD_ONLY == 0 || EVENSR_SIMD_ONLY == EVENSR_SIMD_avx2
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,bmi,bmi2,lzcnt,movbe")
namespace evensr::cpu::avx2 {
#include EVENSR_EACH_PATH
}
#pragma GCC pop_options
#endif

#if EVENSR_SIMD_ONLY == 0 || EVENSR_SIMD_ONLY == EVENSR_SIMD_avx512
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,fma,f16c,bmi,bmi2,lzcnt,movbe")
#define EVENSR_PATH_IS_AVX512
namespace evensr::cpu::avx512 {
#include EVENSR_EACH_PATH
}
#undef EVENSR_PATH_IS_AVX512
#pragma GCC pop_options
#endif

#undef EVENSR_EACH_PATH
