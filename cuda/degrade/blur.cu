// Blurs: cross-correlation with reflected borders, the same kernel on all channels.
#include "degrade/correlate.cuh"
#include "degrade/kernels.h"
#include "degrade/operators.h"
#include "degrade/tiles.cuh"
#include "gpu.cuh"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 128, kTileHeight = 32;
using Tile = SeparableTile<kTileHeight, kThreads, kMaxKernelSize>;
using Tiles = Tiling<kTileWidth, kTileHeight>;

struct BlurItem {
  BlockRange blocks;
  const float* in;
  float* out;
  const float* taps;  // size x size, or `size` where it is separable
  int height, width, channels, size, rowStep;
  bool separable;
};

constexpr int kDensePitch = skewed(kTileWidth + kMaxKernelSize - 1) + 1;
constexpr int kDenseRows = kTileHeight + kMaxKernelSize - 1;
constexpr int kShared =
    Tile::kFloats > kDenseRows* kDensePitch ? Tile::kFloats : kDenseRows* kDensePitch;

__device__ void correlateDense(const BlurItem& item, const float* plane, float* out,
                               const Tiles& tile, const float* taps, float* shared) {
  const int size = item.size, radius = size / 2, span = kTileWidth + size - 1;
  const int outRows = item.height - tile.top < kTileHeight ? item.height - tile.top : kTileHeight;
  for (int i = static_cast<int>(threadIdx.x); i < (outRows + size - 1) * span; i += kThreads) {
    const int y = i / span, x = i % span;
    const int fromY = reflect(tile.top + y - radius, item.height);
    const int fromX = reflect(tile.left + x - radius, item.width);
    shared[y * kDensePitch + skewed(x)] = plane[static_cast<size_t>(fromY) * item.width + fromX];
  }
  __syncthreads();
  constexpr int kGroups = kTileWidth / kOutputs;
  const int left = static_cast<int>(threadIdx.x) % kGroups * kOutputs;
  for (int y = static_cast<int>(threadIdx.x) / kGroups; y < outRows; y += kThreads / kGroups) {
    if ((tile.top + y) % item.rowStep != 0) continue;
    float sum[kOutputs] = {};
    for (int k = 0; k < size; k++) {
      const float* row = shared + (y + k) * kDensePitch;
      slide(
          taps + k * size, size, [&](int i) { return row[skewed(left + i)]; }, sum);
    }
#pragma unroll
    for (int j = 0; j < kOutputs; j++) {
      const int x = tile.left + left + j;
      if (x < item.width) out[static_cast<size_t>(tile.top + y) * item.width + x] = sum[j];
    }
  }
}

__global__ void __launch_bounds__(kThreads) blurTiles(const BlurItem* items, int count) {
  __shared__ float shared[kShared];
  __shared__ float taps[kMaxKernelSize * kMaxKernelSize];
  const BlurItem& item = itemOf(items, count);
  const Tiles tile(placeIn(item.blocks), item.height, item.width);
  const size_t plane = static_cast<size_t>(item.height) * item.width * tile.channel;
  const float* in = item.in + plane;
  float* out = item.out + plane;
  const int tapCount = item.separable ? item.size : item.size * item.size;
  for (int i = static_cast<int>(threadIdx.x); i < tapCount; i += kThreads) taps[i] = item.taps[i];
  __syncthreads();
  if (!item.separable) return correlateDense(item, in, out, tile, taps, shared);
  const int width = item.width, rowStep = item.rowStep;
  Tile::run(
      shared, taps, item.size, tile.top, tile.left, item.height, width,
      [&](int y, int x) { return in[static_cast<size_t>(y) * width + x]; },
      [&](int y, int x, float sum) {
        if (y % rowStep == 0) out[static_cast<size_t>(y) * width + x] = sum;
      });
}

}  // namespace

void blur(Staging& staging, const BlurJob* jobs, int count) {
  std::vector<float> taps;
  std::vector<BlurItem> items;
  std::vector<size_t> places;
  for (int i = 0; i < count; i++) {
    const BlurJob& job = jobs[i];
    const bool separable = job.row != nullptr;
    const float* from = separable ? job.row : job.kernel;
    places.push_back(taps.size());
    taps.insert(taps.end(), from, from + (separable ? job.size : job.size * job.size));
    items.push_back({{},
                     job.in.data,
                     job.out.data,
                     nullptr,
                     job.in.height,
                     job.in.width,
                     job.in.channels,
                     job.size,
                     job.rowStep,
                     separable});
  }
  const float* sent = staging.send(taps);
  for (int i = 0; i < count; i++) items[i].taps = sent + places[i];
  const int blocks = shareBlocks(items, [](const BlurItem& item) {
    return Tiles::countOf(item.channels, item.height, item.width);
  });
  check(gpu::launch(blurTiles, dim3(blocks), dim3(kThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the blur kernel");
}

}  // namespace evensr::cuda
