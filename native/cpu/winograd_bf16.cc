#include "cpu/winograd_bf16.h"

#include "cpu/simd.h"

#define EVENSR_EACH_PATH "cpu/winograd_bf16_loops.h"
#include "cpu/each_path.h"

// One path more: AVX-512 with instructions for bfloat16.
#if EVENSR_SIMD_ONLY == 0 || EVENSR_SIMD_ONLY == EVENSR_SIMD_avx512
#pragma GCC push_options
#pragma GCC target( \
    "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512bf16,fma,f16c,bmi,bmi2,lzcnt,movbe")
#define EVENSR_PATH_IS_AVX512
#define EVENSR_PATH_HAS_BF16
namespace evensr::cpu::avx512bf16 {
using namespace avx512;
#include "cpu/winograd_bf16_loops.h"
}  // namespace evensr::cpu::avx512bf16
#undef EVENSR_PATH_HAS_BF16
#undef EVENSR_PATH_IS_AVX512
#pragma GCC pop_options
#endif

namespace evensr::cpu {

const Bf16WinogradKernels& bf16WinogradKernels() {
#if EVENSR_SIMD_ONLY == 0 || EVENSR_SIMD_ONLY == EVENSR_SIMD_avx512
  // A CPU with these instructions has all of AVX-512 that its path needs.
  if (__builtin_cpu_supports("avx512bf16")) return avx512bf16::kBf16Winograd;
#endif
  return EVENSR_BEST_PATH(kBf16Winograd);
}

}  // namespace evensr::cpu
