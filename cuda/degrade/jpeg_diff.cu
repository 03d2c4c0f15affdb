// DiffJPEG (math/jpeg.h); the quirks of the reference are in native/cpu/jpeg_diff.cc.
#include "degrade/jpeg.h"
#include "degrade/jpeg_tile.cuh"
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

struct Shared {
  float y[kJpegHeight * kLumaPitch];
  float chroma[2][kJpegHeight / 2 * kHalfPitch];
};

using Tiles = Tiling<kJpegWidth, kJpegHeight>;

// Pixels outside of the image are black.
__device__ Ycc yccAt(const DiffItem& item, int y, int x) {
  if (y >= item.height || x >= item.width) return {0.0f, 0.0f, 0.0f};
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  const float* pixel = item.image + static_cast<size_t>(y) * item.width + x;
  return yccOfRgb(clamp01(pixel[0]) * 255.0f, clamp01(pixel[plane]) * 255.0f,
                  clamp01(pixel[2 * plane]) * 255.0f);
}

// Squares of 2 x 2 pixels: four values of y, one of each chroma.
__device__ void loadTile(const DiffItem& item, const Tiles& tile, Shared& shared) {
  constexpr int kAcross = kJpegWidth / 2, kSquares = kAcross * kJpegHeight / 2;
  for (int i = static_cast<int>(threadIdx.x); i < kSquares; i += kJpegThreads) {
    const int y = i / kAcross, x = i % kAcross;
    Ycc ycc[4];
#pragma unroll
    for (int k = 0; k < 4; k++) {
      ycc[k] = yccAt(item, tile.top + 2 * y + k / 2, tile.left + 2 * x + k % 2);
      shared.y[(2 * y + k / 2) * kLumaPitch + 2 * x + k % 2] = ycc[k].y - 128.0f;
    }
    const int place = y * kHalfPitch + x;
    shared.chroma[0][place] = (ycc[0].cb + ycc[1].cb + ycc[2].cb + ycc[3].cb) * 0.25f;
    shared.chroma[1][place] = (ycc[0].cr + ycc[1].cr + ycc[2].cr + ycc[3].cr) * 0.25f;
  }
  __syncthreads();
}

__device__ void storeTile(const DiffItem& item, const Tiles& tile, const Shared& shared) {
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  for (int i = static_cast<int>(threadIdx.x); i < kJpegWidth * kJpegHeight; i += kJpegThreads) {
    const int y = i / kJpegWidth, x = i % kJpegWidth;
    if (tile.top + y >= item.height || tile.left + x >= item.width) continue;
    const int half = y / 2 * kHalfPitch + x / 2;
    const Rgb rgb = rgbOfYcc(shared.y[y * kLumaPitch + x] + 128.0f, shared.chroma[0][half],
                             shared.chroma[1][half]);
    float* pixel = item.image + static_cast<size_t>(tile.top + y) * item.width + tile.left + x;
    pixel[0] = clamp01(rgb.r / 255.0f);
    pixel[plane] = clamp01(rgb.g / 255.0f);
    pixel[2 * plane] = clamp01(rgb.b / 255.0f);
  }
}

__device__ void code(const JpegPlane<float>& plane, const float* steps) {
  codePlane(
      plane, [](float(&x)[8], int) { forwardDct8(x); },
      [&](float(&x)[8], int column) {
        forwardDct8(x);
#pragma unroll
        for (int k = 0; k < 8; k++) x[k] = quantize(x[k], steps[8 * k + column]);
        inverseDct8(x);
      },
      [](float(&x)[8], int) { inverseDct8(x); });
}

__global__ void __launch_bounds__(kJpegThreads) codeDiff(const DiffItem* items, int count) {
  __shared__ Shared shared;
  const DiffItem& item = itemOf(items, count);
  const Tiles tile(placeIn(item.blocks), item.height, item.width);
  loadTile(item, tile, shared);
  if (item.quantizes) {
    code({shared.y, kLumaPitch, kJpegWidth / 8, kJpegHeight / 8}, item.luminance);
    for (float* chroma : {shared.chroma[0], shared.chroma[1]}) {
      code({chroma, kHalfPitch, kJpegWidth / 16, kJpegHeight / 16}, item.chrominance);
    }
  }
  storeTile(item, tile, shared);
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
