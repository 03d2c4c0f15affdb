// Operators that treat every value on its own.
#include "degrade/operators.h"
#include "degrade/tiles.cuh"
#include "gpu.cuh"
#include "math/pixel.h"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256, kPerThread = 8, kPerBlock = kThreads * kPerThread;

struct PixelItem {
  BlockRange blocks;
  const float* in;
  float* out;
  size_t count;
};

struct Copied {
  static __device__ float of(float v) { return v; }
};

struct Clamped {
  static __device__ float of(float v) { return clamp01(v); }
};

// out = clamp(round(255 in), 0, 255) / 255, ties to even.
struct Quantized {
  static __device__ float of(float in) {
    float v = in * 255;
    v = v < 0 ? 0 : v;
    v = v > 255 ? 255 : v;
    return roundHalfEven(v) / 255;
  }
};

template <class Operation>
__global__ void __launch_bounds__(kThreads) eachPixel(const PixelItem* items, int count) {
  const PixelItem& item = itemOf(items, count);
  const size_t first = static_cast<size_t>(placeIn(item.blocks)) * kPerBlock + threadIdx.x;
#pragma unroll
  for (int k = 0; k < kPerThread; k++) {
    const size_t i = first + static_cast<size_t>(k) * kThreads;
    if (i < item.count) item.out[i] = Operation::of(item.in[i]);
  }
}

template <class Operation>
void run(Staging& staging, std::vector<PixelItem>& items, const char* what) {
  const int blocks = shareBlocks(items, [](const PixelItem& item) {
    return static_cast<int>((item.count + kPerBlock - 1) / kPerBlock);
  });
  if (blocks == 0) return;
  check(gpu::launch(eachPixel<Operation>, dim3(blocks), dim3(kThreads), 0, staging.stream(),
                    staging.send(items), static_cast<int>(items.size())),
        what);
}

std::vector<PixelItem> itemsOf(const CopyJob* jobs, int count) {
  std::vector<PixelItem> items;
  for (int i = 0; i < count; i++) {
    items.push_back({{}, jobs[i].in.data, jobs[i].out.data, jobs[i].in.size()});
  }
  return items;
}

}  // namespace

void copy(Staging& staging, const CopyJob* jobs, int count) {
  std::vector<PixelItem> items = itemsOf(jobs, count);
  run<Copied>(staging, items, "the copy kernel");
}

void quantize(Staging& staging, const CopyJob* jobs, int count) {
  std::vector<PixelItem> items = itemsOf(jobs, count);
  run<Quantized>(staging, items, "the quantization kernel");
}

void clamp(Staging& staging, const ImageView* images, int count) {
  std::vector<PixelItem> items;
  for (int i = 0; i < count; i++) {
    items.push_back({{}, images[i].data, images[i].data, images[i].size()});
  }
  run<Clamped>(staging, items, "the clamping kernel");
}

}  // namespace evensr::cuda
