// The unsharp mask of math/usm.h in two launches: what the second one softens is made of the first
// one's result all around a tile.
#include "degrade/correlate.cuh"
#include "degrade/operators.h"
#include "degrade/tiles.cuh"
#include "gpu.cuh"
#include "math/usm.h"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256, kTileHeight = 64;
using Tile = SeparableTile<kTileHeight, kThreads, kUsmSize>;
using Tiles = Tiling<kTileWidth, kTileHeight>;

struct UsmItem {
  BlockRange blocks;
  const float* in;
  float *blurred, *out;
  int height, width, channels;
};

struct Place {
  Tiles tile;
  size_t plane;  // of the tile's channel, in floats
  __device__ explicit Place(const UsmItem& item)
      : tile(placeIn(item.blocks), item.height, item.width),
        plane(static_cast<size_t>(item.height) * item.width * tile.channel) {}
};

__device__ void loadTaps(const UsmRow& row, float* taps) {
  if (threadIdx.x < kUsmSize) taps[threadIdx.x] = row.taps[threadIdx.x];
  __syncthreads();
}

__global__ void __launch_bounds__(kThreads)
    usmBlur(const UsmItem* items, int count, const UsmRow* row) {
  DYN_SHARED(float, shared);
  float* taps = shared + Tile::kFloats;
  const UsmItem& item = itemOf(items, count);
  const Place at(item);
  const float* in = item.in + at.plane;
  float* out = item.blurred + at.plane;
  const int width = item.width;
  loadTaps(*row, taps);
  Tile::run(
      shared, TapRow{taps, kUsmSize, kUsmSize / 2}, at.tile.top, at.tile.left, item.height, width,
      [&](int y, int x) { return in[static_cast<size_t>(y) * width + x]; },
      [&](int y, int x, float sum) { out[static_cast<size_t>(y) * width + x] = sum; });
}

__global__ void __launch_bounds__(kThreads)
    usmSharpen(const UsmItem* items, int count, const UsmRow* row) {
  DYN_SHARED(float, shared);
  float* taps = shared + Tile::kFloats;
  const UsmItem& item = itemOf(items, count);
  const Place at(item);
  const float *in = item.in + at.plane, *blurred = item.blurred + at.plane;
  float* out = item.out + at.plane;
  const int width = item.width;
  loadTaps(*row, taps);
  Tile::run(
      shared, TapRow{taps, kUsmSize, kUsmSize / 2}, at.tile.top, at.tile.left, item.height, width,
      [&](int y, int x) {
        const size_t i = static_cast<size_t>(y) * width + x;
        return usmMask(in[i], blurred[i]);
      },
      [&](int y, int x, float soft) {
        const size_t i = static_cast<size_t>(y) * width + x;
        out[i] = usmBlend(in[i], blurred[i], soft);
      });
}

}  // namespace

void usm(Staging& staging, const CopyJob* jobs, int count) {
  static const UsmRow row = usmRow();
  std::vector<UsmItem> items;
  for (int i = 0; i < count; i++) {
    const ImageView& in = jobs[i].in;
    items.push_back({{},
                     in.data,
                     staging.room<float>(in.size()),
                     jobs[i].out.data,
                     in.height,
                     in.width,
                     in.channels});
  }
  const int blocks = shareBlocks(items, [](const UsmItem& item) {
    return Tiles::countOf(item.channels, item.height, item.width);
  });
  const UsmItem* sent = staging.send(items);
  const UsmRow* taps = staging.send(std::vector<UsmRow>{row});
  const size_t shared = (Tile::kFloats + kUsmSize) * sizeof(float);
  for (const auto kernel : {usmBlur, usmSharpen}) {
    check(gpu::launch(kernel, dim3(blocks), dim3(kThreads), shared, staging.stream(), sent, count,
                      taps),
          "the USM kernels");
  }
}

}  // namespace evensr::cuda
