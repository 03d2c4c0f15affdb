// JPEG as libjpeg-turbo codes and decodes it (math/jpeg_integer.h), in two launches: chroma is
// enlarged from decoded samples of neighbouring blocks.
#include <cmath>

#include "degrade/jpeg.h"
#include "degrade/jpeg_tile.cuh"
#include "degrade/operators.h"
#include "gpu.cuh"
#include "math/jpeg_integer.h"
#include "math/pixel.h"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256;

// Samples of one component, one byte each.
struct Component {
  uint8_t* data;
  int height, width;
};

struct LibjpegItem {
  BlockRange blocks;
  float* image;
  Component y, cb, cr;
  int divisor;  // of the sides of chroma: 2 with 4:2:0
  IntegerStep luminance[64], chrominance[64];
};

struct Shared {
  int y[kJpegHeight * kLumaPitch];
  int chroma[2][kJpegHeight * kLumaPitch];
};

using Tiles = Tiling<kJpegWidth, kJpegHeight>;

__device__ int lastOr(int i, int n) { return i < n ? i : n - 1; }

// Beyond its last row and column an image goes on as they are.
__device__ YccLevels yccAt(const LibjpegItem& item, int y, int x) {
  const int width = item.y.width;
  const size_t plane = static_cast<size_t>(item.y.height) * width;
  const float* pixel =
      item.image + static_cast<size_t>(lastOr(y, item.y.height)) * width + lastOr(x, width);
  return yccOfLevels(levelOf(pixel[0]), levelOf(pixel[plane]), levelOf(pixel[2 * plane]));
}

// 4:4:4.
__device__ void loadWhole(const LibjpegItem& item, const Tiles& tile, Shared& shared) {
  for (int i = static_cast<int>(threadIdx.x); i < kJpegWidth * kJpegHeight; i += kJpegThreads) {
    const int y = i / kJpegWidth, x = i % kJpegWidth, place = y * kLumaPitch + x;
    const YccLevels ycc = yccAt(item, tile.top + y, tile.left + x);
    shared.y[place] = ycc.y - 128;
    shared.chroma[0][place] = ycc.cb - 128;
    shared.chroma[1][place] = ycc.cr - 128;
  }
}

// 4:2:0: 2 x 2 means; the alternating bias makes up for always rounding the same way. Rows of
// chroma below the last go on as it is.
__device__ void loadHalved(const LibjpegItem& item, const Tiles& tile, Shared& shared) {
  constexpr int kAcross = kJpegWidth / 2, kSquares = kAcross * kJpegHeight / 2;
  for (int i = static_cast<int>(threadIdx.x); i < kSquares; i += kJpegThreads) {
    const int y = i / kAcross, x = i % kAcross;
    const int fromY = 2 * lastOr(tile.top / 2 + y, item.cb.height), fromX = tile.left + 2 * x;
    int cb = 0, cr = 0;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      const int own = (2 * y + k / 2) * kLumaPitch + 2 * x + k % 2;
      shared.y[own] = yccAt(item, tile.top + 2 * y + k / 2, fromX + k % 2).y - 128;
      const YccLevels ycc = yccAt(item, fromY + k / 2, fromX + k % 2);
      cb += ycc.cb;
      cr += ycc.cr;
    }
    const int bias = 1 + (x & 1), place = y * kHalfPitch + x;
    shared.chroma[0][place] = ((cb + bias) >> 2) - 128;
    shared.chroma[1][place] = ((cr + bias) >> 2) - 128;
  }
}

__device__ void code(const JpegPlane<int>& plane, const IntegerStep* steps) {
  codePlane(
      plane, [](int(&x)[8], int) { forwardDct8<Pass::first>(x); },
      [&](int(&x)[8], int column) {
        forwardDct8<Pass::second>(x);
#pragma unroll
        for (int k = 0; k < 8; k++) x[k] = quantizeInteger(x[k], steps[8 * k + column]);
        inverseDct8<Pass::first>(x);
      },
      [](int(&x)[8], int) { inverseDct8<Pass::second>(x); });
}

// The part of a component that lies in the tile, whose first sample is (top, left) of it.
__device__ void storeSamples(const JpegPlane<int>& plane, int top, int left,
                             const Component& component) {
  const int width = plane.across * 8, height = plane.down * 8;
  for (int i = static_cast<int>(threadIdx.x); i < width * height; i += kJpegThreads) {
    const int y = i / width, x = i % width;
    if (top + y >= component.height || left + x >= component.width) continue;
    component.data[static_cast<size_t>(top + y) * component.width + left + x] =
        static_cast<uint8_t>(clampLevel(plane.data[y * plane.pitch + x] + 128));
  }
}

__global__ void __launch_bounds__(kJpegThreads) codeLibjpeg(const LibjpegItem* items, int count) {
  __shared__ Shared shared;
  const LibjpegItem& item = itemOf(items, count);
  const Tiles tile(placeIn(item.blocks), item.y.height, item.y.width);
  const int divisor = item.divisor;
  if (divisor == 1) {
    loadWhole(item, tile, shared);
  } else {
    loadHalved(item, tile, shared);
  }
  __syncthreads();
  const JpegPlane<int> luma{shared.y, kLumaPitch, kJpegWidth / 8, kJpegHeight / 8};
  code(luma, item.luminance);
  storeSamples(luma, tile.top, tile.left, item.y);
  for (int c = 0; c < 2; c++) {
    const JpegPlane<int> chroma{shared.chroma[c], divisor == 1 ? kLumaPitch : kHalfPitch,
                                kJpegWidth / 8 / divisor, kJpegHeight / 8 / divisor};
    code(chroma, item.chrominance);
    storeSamples(chroma, tile.top / divisor, tile.left / divisor, c == 0 ? item.cb : item.cr);
  }
}

// 3/4 of the nearer sample and 1/4 of the farther one, in both directions; the two output columns
// of a sample round differently.
__device__ int enlargedAt(const Component& plane, int y, int x) {
  const int row = y / 2, column = x / 2;
  const uint8_t* near = plane.data + static_cast<size_t>(row) * plane.width;
  // libjpeg replicates when a row has no inner sample.
  if (plane.width <= 2) return near[column];
  const int wanted = y % 2 ? row + 1 : row - 1;
  const int other = wanted < 0 ? 0 : lastOr(wanted, plane.height);
  const uint8_t* far = plane.data + static_cast<size_t>(other) * plane.width;
  const auto sum = [&](int i) {
    const int at = i < 0 ? 0 : lastOr(i, plane.width);
    return 3 * near[at] + far[at];
  };
  const int neighbour = sum(x % 2 ? column + 1 : column - 1);
  return (3 * sum(column) + neighbour + (x % 2 ? 7 : 8)) >> 4;
}

__global__ void __launch_bounds__(kThreads) decodeLibjpeg(const LibjpegItem* items, int count) {
  const LibjpegItem& item = itemOf(items, count);
  const int width = item.y.width, pixels = item.y.height * width;
  const int i = placeIn(item.blocks) * kThreads + static_cast<int>(threadIdx.x);
  if (i >= pixels) return;
  const bool halved = item.divisor == 2;
  const int cb = halved ? enlargedAt(item.cb, i / width, i % width) : item.cb.data[i];
  const int cr = halved ? enlargedAt(item.cr, i / width, i % width) : item.cr.data[i];
  const RgbLevels rgb = rgbOfLevels(item.y.data[i], cb, cr);
  item.image[i] = static_cast<float>(rgb.r) / 255.0f;
  item.image[static_cast<size_t>(pixels) + i] = static_cast<float>(rgb.g) / 255.0f;
  item.image[2 * static_cast<size_t>(pixels) + i] = static_cast<float>(rgb.b) / 255.0f;
}

LibjpegItem itemFor(Staging& staging, const JpegJob& job) {
  const ImageView& image = job.image;
  // A real encoder knows integer qualities only.
  const int rounded = static_cast<int>(std::rint(job.parameters.quality));
  const int quality = rounded < 1 ? 1 : rounded;
  LibjpegItem item = {};
  item.image = image.data;
  item.divisor = job.parameters.subsampling == Subsampling::yuv420 ? 2 : 1;
  const auto component = [&](int divisor) {
    const int height = ceilDivide(image.height, divisor), width = ceilDivide(image.width, divisor);
    return Component{staging.room<uint8_t>(static_cast<size_t>(height) * width), height, width};
  };
  item.y = component(1);
  item.cb = component(item.divisor);
  item.cr = component(item.divisor);
  libjpegSteps(kLuminanceTable, quality, item.luminance);
  libjpegSteps(kChrominanceTable, quality, item.chrominance);
  return item;
}

}  // namespace

void compressLibjpeg(Staging& staging, const std::vector<JpegJob>& jobs) {
  if (jobs.empty()) return;
  std::vector<LibjpegItem> items;
  for (const JpegJob& job : jobs) items.push_back(itemFor(staging, job));
  const int count = static_cast<int>(items.size());
  const int coded = shareBlocks(items, [](const LibjpegItem& item) {
    return Tiles::countOf(1, item.y.height, item.y.width);
  });
  check(gpu::launch(codeLibjpeg, dim3(coded), dim3(kJpegThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the kernel of JPEG coding");
  const int decoded = shareBlocks(items, [](const LibjpegItem& item) {
    return ceilDivide(item.y.height * item.y.width, kThreads);
  });
  check(gpu::launch(decodeLibjpeg, dim3(decoded), dim3(kThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the kernel of JPEG decoding");
}

void compress(Staging& staging, const JpegJob* jobs, int count) {
  std::vector<JpegJob> diff, libjpeg;
  for (int i = 0; i < count; i++) {
    (jobs[i].parameters.backend == JpegBackend::diffjpeg ? diff : libjpeg).push_back(jobs[i]);
  }
  compressDiff(staging, diff);
  compressLibjpeg(staging, libjpeg);
}

}  // namespace evensr::cuda
