// DiffJPEG (math/jpeg.h); the quirks of the reference are in native/cpu/jpeg_diff.cc. One launch: a
// tile needs nothing of its neighbours, and reads and writes each value of an image once.
#include "degrade/jpeg.h"
#include "degrade/jpeg_blocks.cuh"
#include "gpu.cuh"
#include "math/jpeg.h"

namespace evensr::cuda {
namespace {

struct DiffItem {
  BlockRange blocks;
  float* image;
  int height, width;
  bool quantizes;
  float luminance[64], chrominance[64];
};

using Tiles = Tiling<kJpegWidth, kJpegHeight>;
using Blocks = JpegBlocks<float>;

constexpr int kAcross = kJpegWidth / 8, kHalfAcross = kAcross / 2;
constexpr int kFirstCb = 16, kFirstCr = 20;

struct DiffCoder {
  const DiffItem& item;
  __device__ __forceinline__ void forward(float (&x)[8]) const { forwardDct8(x); }
  __device__ __forceinline__ void quantized(float (&x)[8], int block, int column) const {
    const float* steps = block < kFirstCb ? item.luminance : item.chrominance;
    forwardDct8(x);
#pragma unroll
    for (int k = 0; k < 8; k++) x[k] = quantize(x[k], steps[8 * k + column]);
    inverseDct8(x);
  }
  __device__ __forceinline__ void inverse(float (&x)[8]) const { inverseDct8(x); }
};

// Pixels outside of the image are black.
__device__ __forceinline__ Ycc yccAt(const DiffItem& item, int y, int x) {
  if (y >= item.height || x >= item.width) return {0.0f, 0.0f, 0.0f};
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  const float* pixel = item.image + static_cast<size_t>(y) * item.width + x;
  return yccOfPixel(pixel[0], pixel[plane], pixel[2 * plane]);
}

// Two rows of a column at a time.
__device__ void loadTile(const DiffItem& item, const Tiles& tile, Blocks& blocks) {
  constexpr int kPairs = kJpegWidth * kJpegHeight / 2;  // whole warps
  for (int i = static_cast<int>(threadIdx.x); i < kPairs; i += kJpegThreads) {
    const int x = i % kJpegWidth, half = i / kJpegWidth;
    const Ycc upper = yccAt(item, tile.top + 2 * half, tile.left + x);
    const Ycc lower = yccAt(item, tile.top + 2 * half + 1, tile.left + x);
    blocks.at(0, kAcross, 2 * half, x) = upper.y - 128.0f;
    blocks.at(0, kAcross, 2 * half + 1, x) = lower.y - 128.0f;
    const ChromaPair<float> above = pairChroma(upper.cb, upper.cr, x);
    const ChromaPair<float> below = pairChroma(lower.cb, lower.cr, x);
    blocks.at(x % 2 == 0 ? kFirstCb : kFirstCr, kHalfAcross, half, x / 2) =
        (above.left + above.right + below.left + below.right) * 0.25f;
  }
}

__device__ void storeTile(const DiffItem& item, const Tiles& tile, Blocks& blocks) {
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  for (int i = static_cast<int>(threadIdx.x); i < kJpegWidth * kJpegHeight; i += kJpegThreads) {
    const int y = i / kJpegWidth, x = i % kJpegWidth;
    if (tile.top + y >= item.height || tile.left + x >= item.width) continue;
    const Rgb rgb = pixelOfYcc(blocks.at(0, kAcross, y, x) + 128.0f,
                               blocks.at(kFirstCb, kHalfAcross, y / 2, x / 2),
                               blocks.at(kFirstCr, kHalfAcross, y / 2, x / 2));
    float* pixel = item.image + static_cast<size_t>(tile.top + y) * item.width + tile.left + x;
    pixel[0] = rgb.r;
    pixel[plane] = rgb.g;
    pixel[2 * plane] = rgb.b;
  }
}

__global__ void __launch_bounds__(kJpegThreads) codeDiff(const DiffItem* items, int count) {
  __shared__ Blocks blocks;
  const DiffItem& item = itemOf(items, count);
  const Tiles tile(placeIn(item.blocks), item.height, item.width);
  loadTile(item, tile, blocks);
  __syncthreads();
  if (item.quantizes) {
    codeBlocks(blocks, DiffCoder{item});
    __syncthreads();
  }
  storeTile(item, tile, blocks);
}

}  // namespace

void compressDiff(Staging& staging, const std::vector<JpegJob>& jobs) {
  if (jobs.empty()) return;
  std::vector<DiffItem> items;
  for (const JpegJob& job : jobs) {
    const float factor = diffJpegFactor(static_cast<float>(job.parameters.quality));
    DiffItem item = {};
    item.image = job.image.data;
    item.height = job.image.height;
    item.width = job.image.width;
    item.quantizes = factor > 0;
    diffJpegSteps(kLuminanceTable, factor, item.luminance);
    diffJpegSteps(kChrominanceTable, factor, item.chrominance);
    items.push_back(item);
  }
  const int blocks = shareBlocks(
      items, [](const DiffItem& item) { return Tiles::countOf(1, item.height, item.width); });
  check(gpu::launch(codeDiff, dim3(blocks), dim3(kJpegThreads), 0, staging.stream(),
                    staging.send(items), static_cast<int>(items.size())),
        "the kernel of DiffJPEG");
}

}  // namespace evensr::cuda
