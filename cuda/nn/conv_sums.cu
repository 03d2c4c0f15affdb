#include <algorithm>

#include "gpu.cuh"
#include "nn/conv_sums.h"
#include "nn/epilogue.cuh"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kColumns = 32, kRows = 8, kParts = 128;

__global__ void __launch_bounds__(kThreads)
    addWeightParts(const float* partial, int slices, int taps, int in, int out, float scale,
                   float* dWeight) {
  const size_t count = static_cast<size_t>(taps) * in * out;
  const size_t i = static_cast<size_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  float sum = 0;
  for (int s = 0; s < slices; s++) sum += partial[s * count + i];
  const size_t o = i % out, c = i / out % in, tap = i / out / in;
  dWeight[(o * in + c) * taps + tap] = scale * sum;
}

// Part blockIdx.x of the pixels, 32 channels.
__global__ void __launch_bounds__(kColumns* kRows)
    sumPixels(Pixels dy, size_t pixels, int channels, float* parts) {
  __shared__ float rows[kRows][kColumns];
  const int column = static_cast<int>(threadIdx.x) % kColumns;
  const int row = static_cast<int>(threadIdx.x) / kColumns;
  const int c = static_cast<int>(blockIdx.y) * kColumns + column;
  const size_t first = pixels * blockIdx.x / kParts, last = pixels * (blockIdx.x + 1) / kParts;
  float sum = 0;
  if (c < channels) {
    for (size_t p = first + row; p < last; p += kRows) sum += dy.data[p * dy.stride + c];
  }
  rows[row][column] = sum;
  __syncthreads();
  if (row > 0 || c >= channels) return;
  for (int r = 1; r < kRows; r++) sum += rows[r][column];
  parts[static_cast<size_t>(blockIdx.x) * channels + c] = sum;
}

__global__ void __launch_bounds__(kThreads)
    addBiasParts(const float* parts, int channels, float scale, float* dBias) {
  const int c = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (c >= channels) return;
  float sum = 0;
  for (int p = 0; p < kParts; p++) sum += parts[static_cast<size_t>(p) * channels + c];
  dBias[c] = scale * sum;
}

unsigned blocksFor(size_t count) {
  return static_cast<unsigned>((count + kThreads - 1) / kThreads);
}

}  // namespace

void sumWeightParts(const ConvolutionContext& context, const float* partial, int slices, int taps,
                    int in, int out, float scale, float* dWeight) {
  const size_t count = static_cast<size_t>(taps) * in * out;
  check(gpu::launch(addWeightParts, dim3(blocksFor(count)), dim3(kThreads), 0,
                    context.stream.handle(), partial, slices, taps, in, out, scale, dWeight),
        "the kernel that adds weight gradients");
}

void biasGradient(ConvolutionContext& context, const Activation& dy, float scale, float* dBias) {
  const int channels = dy.shape.c;
  context.partials.grow(static_cast<size_t>(kParts) * channels * sizeof(float));
  float* parts = context.partials.as<float>();
  const cudaStream_t stream = context.stream.handle();
  const auto groups = static_cast<unsigned>((channels + kColumns - 1) / kColumns);
  check(gpu::launch(sumPixels, dim3(kParts, groups), dim3(kColumns * kRows), 0, stream,
                    pixelsOf(dy), dy.shape.n * dy.shape.plane(), channels, parts),
        "the kernel of bias gradients");
  check(gpu::launch(addBiasParts, dim3(blocksFor(channels)), dim3(kThreads), 0, stream, parts,
                    channels, scale, dBias),
        "the kernel that adds bias gradients");
}

int slicesFor(int pieces, int blocks) {
  // Twice the multiprocessors of a large GPU.
  constexpr int kWanted = 264;
  return std::clamp((kWanted + blocks - 1) / blocks, 1, std::max(pieces, 1));
}

}  // namespace evensr::cuda
