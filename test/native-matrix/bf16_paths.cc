// Runs the kernels of convolutions in bfloat16 of every SIMD path that this CPU has on the same
// numbers. Prints one JSON object a path: its name, FNV-1a of the rounded operands and of the
// results, and the 2-norm of the results' distance from those of the first path.
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "cpu/winograd_bf16.cc"

using namespace evensr::cpu;

namespace {

constexpr int kIn = 64, kOut = 48, kTiles = 26, kPairs = kTiles / 2;
constexpr size_t kInPlane = kTiles * kIn / 2, kOutPlane = kTiles * kOut;

std::vector<float> normals(size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(engine);
  return values;
}

template <class T>
uint64_t hashOf(const std::vector<T>& values) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
  for (size_t i = 0; i < values.size() * sizeof(T); i++) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

struct Results {
  std::vector<Bf16Pair> operands;
  std::vector<float> values;
};

// `count` pixels of `channels` each.
std::vector<const float*> pixelsOf(const std::vector<float>& from, int tile, int count,
                                   int channels) {
  std::vector<const float*> pixels;
  for (int i = 0; i < count; i++) pixels.push_back(from.data() + (tile * count + i) * channels);
  return pixels;
}

void forward(const Bf16WinogradKernels& kernels, const WeightView& weights,
             const std::vector<float>& x, Results& results) {
  std::vector<Bf16Pair> tiles(24 * kInPlane), matrices(24 * kIn * kOut / 2);
  std::vector<float> products(24 * kOutPlane), y(kTiles * 8 * kOut);
  kernels.transformWeights(weights, 0, kIn / 2, matrices.data());
  for (int i = 0; i < kTiles; i++) {
    const auto pixels = pixelsOf(x, i, 24, kIn);
    kernels.inputTile(pixels.data(), pixels.data(), kIn, tiles.data() + i * kIn / 2, kInPlane);
  }
  for (int k = 0; k < 24; k++) {
    kernels.plain({tiles.data() + k * kInPlane, kIn / 2},
                  {matrices.data() + k * kIn * kOut / 2, kOut}, kIn / 2,
                  products.data() + k * kOutPlane, kOut, kTiles, kOut, false);
  }
  for (int i = 0; i < kTiles; i++) {
    float* pixels[8];
    for (int p = 0; p < 8; p++) pixels[p] = y.data() + (i * 8 + p) * kOut;
    kernels.outputTile(products.data() + i * kOut, kOutPlane, kOut, {},
                       {pixels, nullptr, nullptr, nullptr});
  }
  results.operands.insert(results.operands.end(), tiles.begin(), tiles.end());
  results.operands.insert(results.operands.end(), matrices.begin(), matrices.end());
  results.values.insert(results.values.end(), y.begin(), y.end());
}

void weightGradient(const Bf16WinogradKernels& kernels, const WeightView& weights,
                    const std::vector<float>& x, const std::vector<float>& dy, Results& results) {
  std::vector<Bf16Pair> inputs(24 * kPairs * kIn), gradients(24 * kPairs * kOut);
  std::vector<float> sums(24 * kIn * kOut), dw(9 * kIn * kOut);
  for (int i = 0; i < kPairs; i++) {
    kernels.inputTilePair(pixelsOf(x, 2 * i, 24, kIn).data(),
                          pixelsOf(x, 2 * i + 1, 24, kIn).data(), kIn, inputs.data() + i * kIn,
                          kPairs * kIn);
    kernels.gradientTilePair(pixelsOf(dy, 2 * i, 8, kOut).data(),
                             pixelsOf(dy, 2 * i + 1, 8, kOut).data(), kOut,
                             gradients.data() + i * kOut, kPairs * kOut);
  }
  for (int k = 0; k < 24; k++) {
    kernels.transposed({inputs.data() + k * kPairs * kIn, kIn},
                       {gradients.data() + k * kPairs * kOut, kOut}, kPairs,
                       sums.data() + k * kIn * kOut, kOut, kIn, kOut, false);
  }
  kernels.weightGradient(sums.data(), weights, 0, kIn, 1, dw.data());
  results.operands.insert(results.operands.end(), inputs.begin(), inputs.end());
  results.operands.insert(results.operands.end(), gradients.begin(), gradients.end());
  results.values.insert(results.values.end(), dw.begin(), dw.end());
}

void show(const char* path, const Bf16WinogradKernels& kernels) {
  static const auto x = normals(kTiles * 24 * kIn, 1), dy = normals(kTiles * 8 * kOut, 2);
  static const auto w = normals(9 * kIn * kOut, 3);
  static std::vector<float> first;
  const WeightView weights{w.data(), kIn, kOut, 9, 9 * kIn, false};
  Results results;
  forward(kernels, weights, x, results);
  weightGradient(kernels, weights, x, dy, results);
  if (first.empty()) first = results.values;
  double difference = 0, norm = 0;
  for (size_t i = 0; i < first.size(); i++) {
    difference += std::pow(results.values[i] - first[i], 2);
    norm += std::pow(first[i], 2);
  }
  std::printf(
      "{\"path\":\"%s\",\"operands\":\"%016llx\",\"results\":\"%016llx\",\"distance\":%.3e}\n",
      path, static_cast<unsigned long long>(hashOf(results.operands)),
      static_cast<unsigned long long>(hashOf(results.values)), std::sqrt(difference / norm));
}

}  // namespace

int main() {
  show("baseline", baseline::kBf16Winograd);
#if EVENSR_SIMD_ONLY == 0
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    show("avx2", avx2::kBf16Winograd);
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
    show("avx512", avx512::kBf16Winograd);
  }
  if (__builtin_cpu_supports("avx512bf16")) show("avx512bf16", avx512bf16::kBf16Winograd);
#endif
}
