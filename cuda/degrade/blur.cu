// Blurs: cross-correlation with reflected borders, the same kernel on all channels.
#include "degrade/blur_taps.cuh"
#include "degrade/correlate.cuh"
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
  const BlurTaps* taps;
  int height, width, channels, size, tapRows, rowStep;
};

// A plane of an image and what becomes of it.
struct Planes {
  const float* in;
  float* out;
  int height, width, rowStep;
};

constexpr int kDensePitch = oddPitch(kTileWidth + kMaxKernelSize - 1);
constexpr int kDenseRows = kTileHeight + kMaxKernelSize - 1;
constexpr int kDenseFloats = kDenseRows * kDensePitch;
constexpr int kShared = Tile::kFloats > kDenseFloats ? Tile::kFloats : kDenseFloats;

// What a block needs of BlurTaps.
struct Kernel {
  float taps[kMaxKernelSize * kMaxKernelSize];
  Extent inRow[kMaxKernelSize];
};

__device__ void load(const BlurItem& item, Kernel& kernel) {
  const auto thread = static_cast<int>(threadIdx.x);
  const int count = item.tapRows * item.size;
  for (int i = thread; i < count; i += kThreads) kernel.taps[i] = item.taps->taps[i];
  if (thread < item.tapRows) kernel.inRow[thread] = item.taps->inRow[thread];
  __syncthreads();
}

__device__ void correlateDense(const Planes& planes, const Tiles& tile, const BlurTaps& measured,
                               const Kernel& kernel, int size, float* shared) {
  const Extent rows = measured.rows, columns = measured.columns;
  const int radius = size / 2, below = planes.height - tile.top, width = planes.width;
  const int outRows = below < kTileHeight ? below : kTileHeight;
  loadReflected<kThreads>(
      shared, kDensePitch, outRows + rows.end - rows.begin - 1,
      kTileWidth + columns.end - columns.begin - 1, tile.top + rows.begin - radius,
      tile.left + columns.begin - radius, planes.height, width,
      [&](int y, int x) { return planes.in[static_cast<size_t>(y) * width + x]; });
  __syncthreads();
  const Eight eight;
  for (int y = eight.row; y < outRows; y += kThreads / kGroupsAcross) {
    if ((tile.top + y) % planes.rowStep != 0) continue;
    float sum[kOutputs] = {};
    const float* under = shared + y * kDensePitch + eight.left - columns.begin;
    for (int k = rows.begin; k < rows.end; k++, under += kDensePitch) {
      const Extent extent = kernel.inRow[k];
      if (extent.begin >= extent.end) continue;
      slide<1>(kernel.taps + k * size + extent.begin, extent.end - extent.begin,
               under + extent.begin, sum);
    }
    float* out = planes.out + static_cast<size_t>(tile.top + y) * width;
#pragma unroll
    for (int j = 0; j < kOutputs; j++) {
      const int x = tile.left + eight.left + j;
      if (x < width) out[x] = sum[j];
    }
  }
}

__global__ void __launch_bounds__(kThreads, 7) blurTiles(const BlurItem* items, int count) {
  __shared__ float shared[kShared];
  __shared__ Kernel kernel;
  const BlurItem& item = itemOf(items, count);
  const Tiles tile(placeIn(item.blocks), item.height, item.width);
  const size_t plane = static_cast<size_t>(item.height) * item.width * tile.channel;
  const Planes planes{item.in + plane, item.out + plane, item.height, item.width, item.rowStep};
  load(item, kernel);
  if (item.tapRows > 1) return correlateDense(planes, tile, *item.taps, kernel, item.size, shared);
  const Extent extent = kernel.inRow[0];
  const TapRow row{kernel.taps + extent.begin, extent.end - extent.begin,
                   item.size / 2 - extent.begin};
  Tile::run(
      shared, row, tile.top, tile.left, item.height, item.width,
      [&](int y, int x) { return planes.in[static_cast<size_t>(y) * planes.width + x]; },
      [&](int y, int x, float sum) {
        if (y % planes.rowStep == 0) planes.out[static_cast<size_t>(y) * planes.width + x] = sum;
      });
}

// Where the taps of each job will be. Those of estimated kernels are sent, all others are made of
// their parameters.
const BlurTaps* makeTaps(Staging& staging, const BlurJob* jobs, int count) {
  auto* taps = staging.room<BlurTaps>(count);
  std::vector<float> given;
  for (int i = 0; i < count; i++) {
    const BlurJob& job = jobs[i];
    if (!job.given) continue;
    given.insert(given.end(), job.given, job.given + job.kernel.size * job.kernel.size);
  }
  const float* sent = given.empty() ? nullptr : staging.send(given);
  std::vector<BlurTapsItem> items;
  for (int i = 0; i < count; i++) {
    items.push_back({jobs[i].kernel, jobs[i].given ? sent : nullptr, taps + i});
    if (jobs[i].given) sent += jobs[i].kernel.size * jobs[i].kernel.size;
  }
  check(gpu::launch(makeBlurTaps, dim3(count), dim3(kBlurTapsThreads), 0, staging.stream(),
                    staging.send(items)),
        "the kernel of blur taps");
  return taps;
}

}  // namespace

void blur(Staging& staging, const BlurJob* jobs, int count) {
  const BlurTaps* taps = makeTaps(staging, jobs, count);
  std::vector<BlurItem> items;
  for (int i = 0; i < count; i++) {
    const BlurJob& job = jobs[i];
    items.push_back({{},
                     job.in.data,
                     job.out.data,
                     taps + i,
                     job.in.height,
                     job.in.width,
                     job.in.channels,
                     job.kernel.size,
                     tapRows(job.kernel),
                     job.rowStep});
  }
  const int blocks = shareBlocks(items, [](const BlurItem& item) {
    return Tiles::countOf(item.channels, item.height, item.width);
  });
  check(gpu::launch(blurTiles, dim3(blocks), dim3(kThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the blur kernel");
}

}  // namespace evensr::cuda
