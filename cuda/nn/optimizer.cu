// The optimizer: products and norms of gradients, the check before the step, and the step.
#include "nn/cuda_network.h"
#include "nn/elements.cuh"
#include "nn/sums.cuh"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256;

struct ProductTerms {
  const float *a, *b;
  size_t elements;
  __device__ size_t count(int) const { return elements; }
  __device__ double operator()(int, size_t i) const { return static_cast<double>(a[i]) * b[i]; }
};

struct SquareTerms {
  const float* block;
  const TensorRange* tensors;
  __device__ size_t count(int tensor) const { return tensors[tensor].count; }
  __device__ double operator()(int tensor, size_t i) const {
    const double value = block[tensors[tensor].offset + i];
    return value * value;
  }
};

__device__ bool isFinite(float value) {
  return (__float_as_uint(value) & 0x7f800000u) != 0x7f800000u;
}

__device__ AdamState stateAt(const AdamBlocks& b, size_t i) {
  return {b.weight[i], b.m[i], b.v[i], b.ema[i]};
}

// A tensor in each row of blocks.
__global__ void __launch_bounds__(kThreads)
    findUnsafe(AdamFactors factors, AdamBlocks blocks, const TensorRange* tensors, int* first) {
  const TensorRange tensor = tensors[blockIdx.y];
  bool safe = true;
  for (size_t i = blockIdx.x * kThreads + threadIdx.x; i < tensor.count;
       i += gridDim.x * kThreads) {
    const size_t at = tensor.offset + i;
    const AdamState next = adamStep(factors, blocks.gradient[at], stateAt(blocks, at));
    safe =
        safe && isFinite(next.weight) && isFinite(next.m) && isFinite(next.v) && isFinite(next.ema);
  }
  if (!safe) atomicMin(first, static_cast<int>(blockIdx.y));
}

__global__ void __launch_bounds__(kThreads)
    adamKernel(AdamFactors factors, AdamBlocks blocks, size_t count) {
  const size_t i = static_cast<size_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const AdamState next = adamStep(factors, blocks.gradient[i], stateAt(blocks, i));
  blocks.weight[i] = next.weight;
  blocks.m[i] = next.m;
  blocks.v[i] = next.v;
  blocks.ema[i] = next.ema;
}

__global__ void __launch_bounds__(kThreads)
    directionKernel(AdamFactors factors, const float* gradient, const float* v, float* direction,
                    size_t count) {
  const size_t i = static_cast<size_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < count) direction[i] = adamDirection(factors, gradient[i], v[i]);
}

dim3 blocksFor(size_t count) {
  return dim3(static_cast<unsigned>((count + kThreads - 1) / kThreads));
}

}  // namespace

std::vector<double> CudaNetworkBackend::squaredNorms(const float* block,
                                                     const std::vector<TensorRange>& tensors) {
  if (tensors.empty()) return {};
  return sumRuns(scratch_, static_cast<int>(tensors.size()),
                 SquareTerms{block, scratch_.send(tensors.data(), tensors.size())},
                 "the kernel of gradient norms");
}

int CudaNetworkBackend::firstUnsafeTensor(const AdamFactors& factors, const AdamBlocks& blocks,
                                          const std::vector<TensorRange>& tensors) {
  constexpr unsigned kBlocksEach = 8;
  if (tensors.empty()) return -1;
  auto* first = reinterpret_cast<int*>(scratch_.sums(1));
  const TensorRange* sent = scratch_.send(tensors.data(), tensors.size());
  // Larger than any tensor's number: 0x7f7f7f7f.
  check(cudaMemsetAsync(first, 0x7f, sizeof *first, stream_.handle()), "clearing a value");
  check(gpu::launch(findUnsafe, dim3(kBlocksEach, static_cast<unsigned>(tensors.size())),
                    dim3(kThreads), 0, stream_.handle(), factors, blocks, sent, first),
        "the kernel that looks for values that are not finite");
  const int found = *scratch_.fetch(first, 1);
  return found < static_cast<int>(tensors.size()) ? found : -1;
}

void CudaNetworkBackend::adam(const AdamFactors& factors, const AdamBlocks& blocks, size_t count) {
  check(gpu::launch(adamKernel, blocksFor(count), dim3(kThreads), 0, stream_.handle(), factors,
                    blocks, count),
        "the Adam kernel");
}

void CudaNetworkBackend::adamDirection(const AdamFactors& factors, const float* gradient,
                                       const float* v, float* direction, size_t count) {
  check(gpu::launch(directionKernel, blocksFor(count), dim3(kThreads), 0, stream_.handle(), factors,
                    gradient, v, direction, count),
        "the kernel of Adam's directions");
}

double CudaNetworkBackend::sumOfProducts(const float* a, const float* b, size_t count) {
  return sumRuns(scratch_, 1, ProductTerms{a, b, count}, "the kernel of products")[0];
}

}  // namespace evensr::cuda
