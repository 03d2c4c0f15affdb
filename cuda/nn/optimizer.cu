// The optimizer: products and norms of gradients, the check before the step, and the step.
#include <algorithm>

#include "nn/cuda_network.h"
#include "nn/elements.cuh"
#include "nn/sums.cuh"

namespace evensr::cuda {
namespace {

constexpr int kThreads = kRunThreads;
constexpr size_t kLongestChunk = 4096;

struct Chunk {
  size_t first;  // of the flat block
  unsigned count;
  int tensor;
};

struct ProductTerms {
  const float *a, *b;
  __device__ double operator()(int, size_t i) const { return static_cast<double>(a[i]) * b[i]; }
};

struct Direction {
  static constexpr bool kByChannel = false;
  AdamFactors factors;
  __device__ float operator()(float gradient, float v, size_t, size_t) const {
    return evensr::adamDirection(factors, gradient, v);
  }
};

// The squares of a chunk.
__global__ void __launch_bounds__(kThreads)
    sumSquares(const Chunk* chunks, const float* block, double* sums) {
  const Chunk chunk = chunks[blockIdx.x];
  double sum = 0;
#pragma unroll 4
  for (unsigned i = threadIdx.x; i < chunk.count; i += kThreads) {
    const double value = block[chunk.first + i];
    sum += value * value;
  }
  const double total = sumOfBlock(sum);
  if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

// Of the chunks of each tensor, in their order.
__global__ void __launch_bounds__(kThreads)
    addChunks(const double* sums, const unsigned* firsts, int tensors, double* norms) {
  const int tensor = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (tensor >= tensors) return;
  double sum = 0;
  for (unsigned chunk = firsts[tensor]; chunk < firsts[tensor + 1]; chunk++) sum += sums[chunk];
  norms[tensor] = sum;
}

__device__ bool isFinite(float value) {
  return (__float_as_uint(value) & 0x7f800000u) != 0x7f800000u;
}

__device__ AdamState stateAt(const AdamBlocks& b, size_t i) {
  return {b.weight[i], b.m[i], b.v[i], b.ema[i]};
}

// The least number of a tensor that has an unsafe value; the order of the blocks does not matter.
__global__ void __launch_bounds__(kThreads)
    findUnsafe(AdamFactors factors, AdamBlocks blocks, const Chunk* chunks, int* found) {
  const Chunk chunk = chunks[blockIdx.x];
  bool safe = true;
#pragma unroll 2
  for (unsigned i = threadIdx.x; i < chunk.count; i += kThreads) {
    const size_t at = chunk.first + i;
    const AdamState next = adamStep(factors, blocks.gradient[at], stateAt(blocks, at));
    safe =
        safe && isFinite(next.weight) && isFinite(next.m) && isFinite(next.v) && isFinite(next.ema);
  }
  if (!safe) atomicMin(found, chunk.tensor);
}

// Parameters i V to (i + 1) V.
template <int V>
__device__ __forceinline__ void stepPack(const AdamFactors& factors, const AdamBlocks& blocks,
                                         size_t i) {
  const auto pack = [i](const float* block) { return reinterpret_cast<const Pack<V>*>(block)[i]; };
  const auto store = [i](float* block, const Pack<V>& values) {
    reinterpret_cast<Pack<V>*>(block)[i] = values;
  };
  const Pack<V> gradient = pack(blocks.gradient);
  Pack<V> weight = pack(blocks.weight), m = pack(blocks.m), v = pack(blocks.v);
  Pack<V> ema = pack(blocks.ema);
#pragma unroll
  for (int k = 0; k < V; k++) {
    const AdamState next =
        adamStep(factors, gradient.v[k], {weight.v[k], m.v[k], v.v[k], ema.v[k]});
    weight.v[k] = next.weight;
    m.v[k] = next.m;
    v.v[k] = next.v;
    ema.v[k] = next.ema;
  }
  store(blocks.weight, weight);
  store(blocks.m, m);
  store(blocks.v, v);
  store(blocks.ema, ema);
}

// Reads 20 and writes 16 bytes a parameter.
__global__ void __launch_bounds__(kThreads)
    adamKernel(AdamFactors factors, AdamBlocks blocks, size_t count) {
  const size_t i = static_cast<size_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (4 * i + 4 <= count) return stepPack<4>(factors, blocks, i);
  for (size_t rest = 4 * i; rest < count; rest++) stepPack<1>(factors, blocks, rest);
}

bool isSame(const std::vector<TensorRange>& a, const std::vector<TensorRange>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const TensorRange& x, const TensorRange& y) {
                      return x.offset == y.offset && x.count == y.count;
                    });
}

template <class T>
DeviceBuffer bufferOf(Transfer& transfer, const std::vector<T>& values) {
  DeviceBuffer buffer(values.size() * sizeof(T));
  transfer.send(values.data(), buffer.as<void>(), values.size() * sizeof(T));
  return buffer;
}

unsigned blocksFor(size_t count) {
  return static_cast<unsigned>((count + kThreads - 1) / kThreads);
}

}  // namespace

const OptimizerChunks& CudaNetworkBackend::chunksOf(const std::vector<TensorRange>& tensors) {
  if (chunks_.count > 0 && isSame(chunks_.tensors, tensors)) return chunks_;
  std::vector<Chunk> chunks;
  std::vector<unsigned> firsts;
  for (size_t t = 0; t < tensors.size(); t++) {
    firsts.push_back(static_cast<unsigned>(chunks.size()));
    for (size_t at = 0; at < tensors[t].count; at += kLongestChunk) {
      const size_t count = std::min(kLongestChunk, tensors[t].count - at);
      chunks.push_back({tensors[t].offset + at, static_cast<unsigned>(count), static_cast<int>(t)});
    }
  }
  firsts.push_back(static_cast<unsigned>(chunks.size()));
  chunks_ = {tensors, static_cast<unsigned>(chunks.size()), bufferOf(transfer_, chunks),
             bufferOf(transfer_, firsts)};
  return chunks_;
}

std::vector<double> CudaNetworkBackend::squaredNorms(const float* block,
                                                     const std::vector<TensorRange>& tensors) {
  if (tensors.empty()) return {};
  constexpr const char* kWhat = "the kernels of gradient norms";
  const OptimizerChunks& all = chunksOf(tensors);
  double* norms = scratch_.sums(tensors.size() + all.count);
  double* sums = norms + tensors.size();
  check(gpu::launch(sumSquares, dim3(all.count), dim3(kThreads), 0, stream(),
                    all.chunks.as<const Chunk>(), block, sums),
        kWhat);
  check(gpu::launch(addChunks, dim3(blocksFor(tensors.size())), dim3(kThreads), 0, stream(),
                    static_cast<const double*>(sums), all.firsts.as<const unsigned>(),
                    static_cast<int>(tensors.size()), norms),
        kWhat);
  return scratch_.fetch(norms, tensors.size());
}

int CudaNetworkBackend::firstUnsafeTensor(const AdamFactors& factors, const AdamBlocks& blocks,
                                          const std::vector<TensorRange>& tensors) {
  if (tensors.empty()) return -1;
  const OptimizerChunks& all = chunksOf(tensors);
  auto* found = reinterpret_cast<int*>(scratch_.sums(1));
  // Larger than any tensor's number: 0x7f7f7f7f.
  check(cudaMemsetAsync(found, 0x7f, sizeof *found, stream()), "clearing a value");
  check(gpu::launch(findUnsafe, dim3(all.count), dim3(kThreads), 0, stream(), factors, blocks,
                    all.chunks.as<const Chunk>(), found),
        "the kernel that looks for values that are not finite");
  const int first = scratch_.fetch(found, 1)[0];
  return first < static_cast<int>(tensors.size()) ? first : -1;
}

void CudaNetworkBackend::adam(const AdamFactors& factors, const AdamBlocks& blocks, size_t count) {
  check(gpu::launch(adamKernel, dim3(blocksFor((count + 3) / 4)), dim3(kThreads), 0, stream(),
                    factors, blocks, count),
        "the Adam kernel");
}

void CudaNetworkBackend::adamDirection(const AdamFactors& factors, const float* gradient,
                                       const float* v, float* direction, size_t count) {
  const auto flat = [](const float* block) { return Pixels{const_cast<float*>(block), 1}; };
  pointwise(stream(), {1, 1, 1, static_cast<int>(count)}, Direction{factors}, flat(gradient),
            flat(v), flat(direction), "the kernel of Adam's directions");
}

double CudaNetworkBackend::sumOfProducts(const float* a, const float* b, size_t count) {
  return sumRuns(scratch_, 1, count, ProductTerms{a, b}, "the kernel of products")[0];
}

}  // namespace evensr::cuda
