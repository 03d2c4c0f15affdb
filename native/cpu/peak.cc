#include "cpu/peak.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace evensr {
namespace {

constexpr int kRounds = 2'000'000;
constexpr int kRepeats = 5;

// Keeps the chains alive: the compiler must believe that somebody reads the result.
volatile float sink;

#if defined(__x86_64__)
// 24 chains hide the latency of two FMA units and still fit into the 32 registers of AVX-512.
__attribute__((target("avx512f"))) double flopsAvx512() {
  __m512 acc[24];
  for (int i = 0; i < 24; i++) acc[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512 a = _mm512_set1_ps(0.999999f), b = _mm512_set1_ps(1e-6f);
  for (int r = 0; r < kRounds; r++) {
#pragma GCC unroll 24
    for (int i = 0; i < 24; i++) acc[i] = _mm512_fmadd_ps(acc[i], a, b);
  }
  for (int i = 1; i < 24; i++) acc[0] = _mm512_add_ps(acc[0], acc[i]);
  sink = _mm512_cvtss_f32(acc[0]);
  return 2.0 * 16 * 24 * kRounds;
}

__attribute__((target("avx2,fma"))) double flopsAvx2() {
  __m256 acc[12];
  for (int i = 0; i < 12; i++) acc[i] = _mm256_set1_ps(static_cast<float>(i));
  const __m256 a = _mm256_set1_ps(0.999999f), b = _mm256_set1_ps(1e-6f);
  for (int r = 0; r < kRounds; r++) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++) acc[i] = _mm256_fmadd_ps(acc[i], a, b);
  }
  for (int i = 1; i < 12; i++) acc[0] = _mm256_add_ps(acc[0], acc[i]);
  sink = _mm256_cvtss_f32(acc[0]);
  return 2.0 * 8 * 12 * kRounds;
}
#endif

double flopsBaseline() {
  float acc[32];
  for (int i = 0; i < 32; i++) acc[i] = static_cast<float>(i);
  for (int r = 0; r < kRounds; r++) {
    for (int i = 0; i < 32; i++) acc[i] = acc[i] * 0.999999f + 1e-6f;
  }
  sink = std::accumulate(acc, acc + 32, 0.0f);
  return 2.0 * 32 * kRounds;
}

double runChains() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return flopsAvx512();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return flopsAvx2();
#endif
  return flopsBaseline();
}

}  // namespace

double measureFmaPeak(int threads) {
  double best = 0;
  for (int repeat = 0; repeat < kRepeats; repeat++) {
    std::vector<double> flops(threads);
    std::vector<std::thread> workers;
    const auto start = std::chrono::steady_clock::now();
    const auto join = [&workers] {
      for (auto& worker : workers) worker.join();
    };
    try {
      for (int t = 0; t < threads; t++) {
        workers.emplace_back([&flops, t] { flops[t] = runChains(); });
      }
    } catch (...) {
      join();
      throw;
    }
    join();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    double total = 0;
    for (const double count : flops) total += count;
    best = std::max(best, total / seconds.count() * 1e-9);
  }
  return best;
}

}  // namespace evensr
