// JPEG as libjpeg-turbo codes and decodes it (math/jpeg_integer.h). With 4:4:4 one launch does it
// in place. With 4:2:0 chroma is enlarged from decoded samples of neighbouring blocks, so that the
// launch leaves samples, 1.5 bytes a pixel, and a second one makes the image of them.
#include <cmath>

#include "degrade/jpeg.h"
#include "degrade/jpeg_blocks.cuh"
#include "degrade/jpeg_libjpeg.h"
#include "degrade/operators.h"
#include "gpu.cuh"
#include "math/pixel.h"

namespace evensr::cuda {
namespace {

using Blocks = JpegBlocks<int>;

// Tiles and the places of their planes among the blocks.
constexpr int kAcross = kJpegWidth / 8, kHalfAcross = kAcross / 2;
constexpr int kWholeHeight = 8;
using HalvedTiles = Tiling<kJpegWidth, kJpegHeight>;
using WholeTiles = Tiling<kJpegWidth, kWholeHeight>;

struct Planes {
  int cb, cr;  // their first blocks
};
constexpr Planes kHalvedPlanes{16, 20}, kWholePlanes{8, 16};

struct LibjpegCoder {
  const LibjpegItem& item;
  int firstChroma;
  __device__ __forceinline__ void forward(int (&x)[8]) const { forwardDct8<Pass::first>(x); }
  __device__ __forceinline__ void quantized(int (&x)[8], int block, int column) const {
    const IntegerStep* steps = block < firstChroma ? item.luminance : item.chrominance;
    forwardDct8<Pass::second>(x);
#pragma unroll
    for (int k = 0; k < 8; k++) x[k] = quantizeInteger(x[k], steps[8 * k + column]);
    inverseDct8<Pass::first>(x);
  }
  __device__ __forceinline__ void inverse(int (&x)[8]) const {
    inverseDct8<Pass::second>(x);
#pragma unroll
    for (int k = 0; k < 8; k++) x[k] = clampLevel(x[k] + 128);
  }
};

__device__ __forceinline__ int lastOr(int i, int n) { return i < n ? i : n - 1; }

// Beyond its last row and column an image goes on as they are.
__device__ __forceinline__ YccLevels yccAt(const LibjpegItem& item, int y, int x) {
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  const float* pixel =
      item.image + static_cast<size_t>(lastOr(y, item.height)) * item.width + lastOr(x, item.width);
  return yccOfLevels(levelOf(pixel[0]), levelOf(pixel[plane]), levelOf(pixel[2 * plane]));
}

__device__ void loadWhole(const LibjpegItem& item, const WholeTiles& tile, Blocks& blocks) {
  constexpr int kPixels = kJpegWidth * kWholeHeight;
  for (int i = static_cast<int>(threadIdx.x); i < kPixels; i += kJpegThreads) {
    const int y = i / kJpegWidth, x = i % kJpegWidth;
    const YccLevels ycc = yccAt(item, tile.top + y, tile.left + x);
    blocks.at(0, kAcross, y, x) = ycc.y - 128;
    blocks.at(kWholePlanes.cb, kAcross, y, x) = ycc.cb - 128;
    blocks.at(kWholePlanes.cr, kAcross, y, x) = ycc.cr - 128;
  }
}

// Two rows of a column at a time. Below the image chroma goes on as its last row, which is a mean,
// and luma as the lower of the two rows that the mean is taken of.
__device__ void loadHalved(const LibjpegItem& item, const HalvedTiles& tile, Blocks& blocks) {
  constexpr int kPairs = kJpegWidth * kJpegHeight / 2;  // whole warps
  const int halfHeight = (item.height + 1) / 2;
  for (int i = static_cast<int>(threadIdx.x); i < kPairs; i += kJpegThreads) {
    const int x = i % kJpegWidth, half = i / kJpegWidth;
    const int wanted = tile.top / 2 + half, from = lastOr(wanted, halfHeight);
    const YccLevels upper = yccAt(item, 2 * from, tile.left + x);
    const YccLevels lower = yccAt(item, 2 * from + 1, tile.left + x);
    blocks.at(0, kAcross, 2 * half, x) = (wanted == from ? upper.y : lower.y) - 128;
    blocks.at(0, kAcross, 2 * half + 1, x) = lower.y - 128;
    const ChromaPair<int> above = pairChroma(upper.cb, upper.cr, x);
    const ChromaPair<int> below = pairChroma(lower.cb, lower.cr, x);
    const int sum = above.left + above.right + below.left + below.right;
    blocks.at(x % 2 == 0 ? kHalvedPlanes.cb : kHalvedPlanes.cr, kHalfAcross, half, x / 2) =
        halvedSample(sum, x / 2) - 128;
  }
}

__device__ void storeWhole(const LibjpegItem& item, const WholeTiles& tile, Blocks& blocks) {
  constexpr int kPixels = kJpegWidth * kWholeHeight;
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  for (int i = static_cast<int>(threadIdx.x); i < kPixels; i += kJpegThreads) {
    const int y = i / kJpegWidth, x = i % kJpegWidth;
    if (tile.top + y >= item.height || tile.left + x >= item.width) continue;
    const RgbLevels rgb =
        rgbOfLevels(blocks.at(0, kAcross, y, x), blocks.at(kWholePlanes.cb, kAcross, y, x),
                    blocks.at(kWholePlanes.cr, kAcross, y, x));
    float* pixel = item.image + static_cast<size_t>(tile.top + y) * item.width + tile.left + x;
    pixel[0] = static_cast<float>(rgb.r) / 255.0f;
    pixel[plane] = static_cast<float>(rgb.g) / 255.0f;
    pixel[2 * plane] = static_cast<float>(rgb.b) / 255.0f;
  }
}

// A plane's part of the tile, `across` blocks wide and two or one high, to `out`, whose rows are
// `pitch` samples apart; four samples at a time.
__device__ void storePlane(Blocks& blocks, int first, int across, int rows, uint8_t* out,
                           int pitch) {
  const int words = across * 2;
  for (int i = static_cast<int>(threadIdx.x); i < words * rows; i += kJpegThreads) {
    const int y = i / words, x = i % words * 4;
    uint32_t four = 0;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      four |= static_cast<uint32_t>(blocks.at(first, across, y, x + k)) << (8 * k);
    }
    *reinterpret_cast<uint32_t*>(out + static_cast<size_t>(y) * pitch + x) = four;
  }
}

__device__ void storeHalved(const LibjpegItem& item, const HalvedTiles& tile, Blocks& blocks) {
  const int pitch = item.pitch, half = pitch / 2;
  const size_t chroma = static_cast<size_t>(tile.top / 2) * half + tile.left / 2;
  storePlane(blocks, 0, kAcross, kJpegHeight,
             item.y + static_cast<size_t>(tile.top) * pitch + tile.left, pitch);
  storePlane(blocks, kHalvedPlanes.cb, kHalfAcross, kJpegHeight / 2, item.cb + chroma, half);
  storePlane(blocks, kHalvedPlanes.cr, kHalfAcross, kJpegHeight / 2, item.cr + chroma, half);
}

__global__ void __launch_bounds__(kJpegThreads) codeLibjpeg(const LibjpegItem* items, int count) {
  __shared__ Blocks blocks;
  const LibjpegItem& item = itemOf(items, count);
  const int place = placeIn(item.blocks);
  const WholeTiles whole(place, item.height, item.width);
  const HalvedTiles halved(place, item.height, item.width);
  if (item.halved) {
    loadHalved(item, halved, blocks);
  } else {
    loadWhole(item, whole, blocks);
  }
  __syncthreads();
  codeBlocks(blocks, LibjpegCoder{item, item.halved ? kHalvedPlanes.cb : kWholePlanes.cb});
  __syncthreads();
  if (item.halved) {
    storeHalved(item, halved, blocks);
  } else {
    storeWhole(item, whole, blocks);
  }
}

int tilesOf(const LibjpegItem& item) {
  return item.halved ? HalvedTiles::countOf(1, item.height, item.width)
                     : WholeTiles::countOf(1, item.height, item.width);
}

LibjpegItem itemFor(Staging& staging, const JpegJob& job) {
  // A real encoder knows integer qualities only.
  const int rounded = static_cast<int>(std::rint(job.parameters.quality));
  const int quality = rounded < 1 ? 1 : rounded;
  LibjpegItem item = {};
  item.image = job.image.data;
  item.height = job.image.height;
  item.width = job.image.width;
  item.halved = job.parameters.subsampling == Subsampling::yuv420;
  if (item.halved) {
    item.pitch = ceilDivide(item.width, kJpegWidth) * kJpegWidth;
    const size_t samples =
        static_cast<size_t>(ceilDivide(item.height, kJpegHeight)) * kJpegHeight * item.pitch;
    item.y = staging.room<uint8_t>(samples);
    item.cb = staging.room<uint8_t>(samples / 4);
    item.cr = staging.room<uint8_t>(samples / 4);
  }
  libjpegSteps(kLuminanceTable, quality, item.luminance);
  libjpegSteps(kChrominanceTable, quality, item.chrominance);
  return item;
}

}  // namespace

void compressLibjpeg(Staging& staging, const std::vector<JpegJob>& jobs) {
  if (jobs.empty()) return;
  std::vector<LibjpegItem> items, halved;
  for (const JpegJob& job : jobs) {
    items.push_back(itemFor(staging, job));
    if (items.back().halved) halved.push_back(items.back());
  }
  const int blocks = shareBlocks(items, tilesOf);
  check(gpu::launch(codeLibjpeg, dim3(blocks), dim3(kJpegThreads), 0, staging.stream(),
                    staging.send(items), static_cast<int>(items.size())),
        "the kernel of JPEG");
  enlargeChroma(staging, halved);
}

// At most three launches: one of DiffJPEG, two of libjpeg's.
void compress(Staging& staging, const JpegJob* jobs, int count) {
  std::vector<JpegJob> diff, libjpeg;
  for (int i = 0; i < count; i++) {
    (jobs[i].parameters.backend == JpegBackend::diffjpeg ? diff : libjpeg).push_back(jobs[i]);
  }
  compressDiff(staging, diff);
  compressLibjpeg(staging, libjpeg);
}

}  // namespace evensr::cuda
