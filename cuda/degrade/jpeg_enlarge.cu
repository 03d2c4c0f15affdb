// The image from decoded samples of 4:2:0: chroma is enlarged by triangles ("fancy" upsampling),
// from a tile with a border of one sample in shared memory.
#include "degrade/jpeg_libjpeg.h"
#include "gpu.cuh"

namespace evensr::cuda {
namespace {

constexpr int kWidth = 64, kHeight = 16, kThreads = 256;
constexpr int kHalfWidth = kWidth / 2 + 2, kHalfHeight = kHeight / 2 + 2;  // with the border
using Tiles = Tiling<kWidth, kHeight>;

struct Chroma {
  uint8_t samples[kHalfHeight][kHalfWidth];
};

// Beyond its first and last row and column a plane goes on as they are.
__device__ void loadChroma(const LibjpegItem& item, const Tiles& tile, Chroma& cb, Chroma& cr) {
  const int height = (item.height + 1) / 2, width = (item.width + 1) / 2;
  for (int i = static_cast<int>(threadIdx.x); i < kHalfHeight * kHalfWidth; i += kThreads) {
    const int row = i / kHalfWidth, column = i % kHalfWidth;
    const int y = min(max(tile.top / 2 + row - 1, 0), height - 1);
    const int x = min(max(tile.left / 2 + column - 1, 0), width - 1);
    const size_t from = static_cast<size_t>(y) * (item.pitch / 2) + x;
    cb.samples[row][column] = item.cb[from];
    cr.samples[row][column] = item.cr[from];
  }
}

// The sample at (y, x) of the tile's pixels.
__device__ __forceinline__ int enlarged(const Chroma& chroma, int y, int x) {
  const int row = y / 2 + 1, column = x / 2 + 1;
  const int far = y % 2 == 0 ? row - 1 : row + 1, beside = x % 2 == 0 ? column - 1 : column + 1;
  const auto sum = [&](int at) {
    return enlargedRow(chroma.samples[row][at], chroma.samples[far][at]);
  };
  return enlargedSample(sum(column), sum(beside), x % 2);
}

__global__ void __launch_bounds__(kThreads) enlarge(const LibjpegItem* items, int count) {
  __shared__ Chroma cb, cr;
  const LibjpegItem& item = itemOf(items, count);
  const Tiles tile(placeIn(item.blocks), item.height, item.width);
  loadChroma(item, tile, cb, cr);
  __syncthreads();
  // libjpeg replicates when a row has no inner sample.
  const bool replicates = item.width <= 4;
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  const int x = static_cast<int>(threadIdx.x) % kWidth;
  if (tile.left + x >= item.width) return;
  for (int y = static_cast<int>(threadIdx.x) / kWidth; y < kHeight; y += kThreads / kWidth) {
    if (tile.top + y >= item.height) return;
    const int luma = item.y[static_cast<size_t>(tile.top + y) * item.pitch + tile.left + x];
    const RgbLevels rgb = replicates ? rgbOfLevels(luma, cb.samples[y / 2 + 1][x / 2 + 1],
                                                   cr.samples[y / 2 + 1][x / 2 + 1])
                                     : rgbOfLevels(luma, enlarged(cb, y, x), enlarged(cr, y, x));
    float* pixel = item.image + static_cast<size_t>(tile.top + y) * item.width + tile.left + x;
    pixel[0] = static_cast<float>(rgb.r) / 255.0f;
    pixel[plane] = static_cast<float>(rgb.g) / 255.0f;
    pixel[2 * plane] = static_cast<float>(rgb.b) / 255.0f;
  }
}

}  // namespace

void enlargeChroma(Staging& staging, std::vector<LibjpegItem> items) {
  if (items.empty()) return;
  const int blocks = shareBlocks(
      items, [](const LibjpegItem& item) { return Tiles::countOf(1, item.height, item.width); });
  check(gpu::launch(enlarge, dim3(blocks), dim3(kThreads), 0, staging.stream(), staging.send(items),
                    static_cast<int>(items.size())),
        "the kernel that enlarges chroma");
}

}  // namespace evensr::cuda
