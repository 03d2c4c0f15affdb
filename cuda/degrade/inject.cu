// Pieces of real noise, less their mean in each channel.
#include "degrade/operators.h"
#include "degrade/tiles.cuh"
#include "gpu.cuh"
#include "math/pixel.h"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256, kPerThread = 8, kPerBlock = kThreads * kPerThread;

struct InjectItem {
  BlockRange blocks;
  float* image;
  const uint8_t* patch;      // (height, width, 3)
  unsigned long long* sums;  // (3)
  int height, width;
};

// Integers: the sum does not depend on the order.
__global__ void __launch_bounds__(kThreads) sumPatches(const InjectItem* items, int count) {
  __shared__ unsigned sums[3];
  const InjectItem& item = itemOf(items, count);
  if (threadIdx.x < 3) sums[threadIdx.x] = 0;
  __syncthreads();
  const int pixels = item.height * item.width;
  const int first = placeIn(item.blocks) * kPerBlock + static_cast<int>(threadIdx.x);
  unsigned own[3] = {};
  for (int k = 0; k < kPerThread; k++) {
    const int i = first + k * kThreads;
    if (i >= pixels) break;
    for (int c = 0; c < 3; c++) own[c] += item.patch[3 * static_cast<size_t>(i) + c];
  }
  for (int c = 0; c < 3; c++) atomicAdd(&sums[c], own[c]);
  __syncthreads();
  if (threadIdx.x < 3) {
    atomicAdd(&item.sums[threadIdx.x], static_cast<unsigned long long>(sums[threadIdx.x]));
  }
}

__global__ void __launch_bounds__(kThreads) addPatches(const InjectItem* items, int count) {
  const InjectItem& item = itemOf(items, count);
  const int pixels = item.height * item.width;
  const double area = static_cast<double>(item.height) * item.width;
  const int first = placeIn(item.blocks) * kPerBlock + static_cast<int>(threadIdx.x);
  for (int c = 0; c < 3; c++) {
    const auto mean = static_cast<float>(static_cast<double>(item.sums[c]) / area);
    float* plane = item.image + static_cast<size_t>(c) * pixels;
    for (int k = 0; k < kPerThread; k++) {
      const int i = first + k * kThreads;
      if (i >= pixels) break;
      const auto level = static_cast<float>(item.patch[3 * static_cast<size_t>(i) + c]);
      plane[i] = clamp01(plane[i] + (level - mean) / 255.0f);
    }
  }
}

// The rows of the patch, one after the other, on the device.
const uint8_t* sendPatch(Staging& staging, const InjectJob& job) {
  const size_t row = 3 * static_cast<size_t>(job.image.width);
  std::vector<uint8_t> bytes(row * job.image.height);
  for (int y = 0; y < job.image.height; y++) {
    const uint8_t* from = job.patch.pixels + y * job.patch.stride;
    std::copy(from, from + row, bytes.begin() + static_cast<ptrdiff_t>(y * row));
  }
  return staging.send(bytes);
}

}  // namespace

void inject(Staging& staging, const InjectJob* jobs, int count) {
  auto* sums = const_cast<unsigned long long*>(
      staging.send(std::vector<unsigned long long>(3 * static_cast<size_t>(count), 0)));
  std::vector<InjectItem> items;
  for (int i = 0; i < count; i++) {
    const ImageView& image = jobs[i].image;
    items.push_back(
        {{}, image.data, sendPatch(staging, jobs[i]), sums + 3 * i, image.height, image.width});
  }
  const int blocks = shareBlocks(items, [](const InjectItem& item) {
    return ceilDivide(item.height * item.width, kPerBlock);
  });
  const InjectItem* sent = staging.send(items);
  for (const auto kernel : {sumPatches, addPatches}) {
    check(gpu::launch(kernel, dim3(blocks), dim3(kThreads), 0, staging.stream(), sent, count),
          "the kernels of real noise");
  }
}

}  // namespace evensr::cuda
