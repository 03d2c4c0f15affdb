// Gradients of 3 x 3 weights on tensor cores: output channels x input channels, summed over pixels;
// the nine taps read the same halo tile.
#include "nn/conv_tensor_weights.h"
#include "nn/tensor_tile.cuh"

namespace evensr::cuda {
namespace {

constexpr int kTaps = 9;
constexpr int kOut = 64;                  // output channels of a block, 16 a warp
constexpr int kGradientPitch = kOut + 8;  // in bfloat16: rows of a matrix in different banks
constexpr int kInTiles = kChunk / 8;

// dy of a tile's pixels, on its way as in HaloLoader; 0 outside of the image.
template <bool Vectors>
__device__ __forceinline__ void loadGradients(const TileGrid& grid, const TilePlace& place,
                                              const Pixels& dy, int firstOut, int out,
                                              uint16_t* tile) {
  constexpr int kQuarters = kOut / 4;
  for (int item = static_cast<int>(threadIdx.x); item < kTilePixels * kQuarters;
       item += kTensorThreads) {
    const int pixel = item / kQuarters, channel = item % kQuarters * 4;
    const int y = place.top + pixel / kTileWidth, x = place.left + pixel % kTileWidth;
    float4 v = {0, 0, 0, 0};
    if (y < grid.height && x < grid.width) {
      const size_t at = (static_cast<size_t>(place.sample) * grid.height + y) * grid.width + x;
      v = loadFour<Vectors>(dy, at, firstOut + channel, out);
    }
    *reinterpret_cast<uint2*>(tile + pixel * kGradientPitch + channel) = {packPair(v.x, v.y),
                                                                          packPair(v.z, v.w)};
  }
}

using Sums = float[kTaps][kInTiles][4];

// One row of pixels is the depth of a product.
__device__ __forceinline__ void multiplyTile(const uint16_t* gradients, const uint16_t* tile,
                                             Sums& sums) {
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const int eight = lane % 8, matrix = lane / 8;
#pragma unroll 1
  for (int y = 0; y < kTileHeight; y++) {
    // Rows are pixels and columns channels, and both factors are wanted the other way round.
    uint32_t a[4];
    const int aPixel = y * kTileWidth + matrix / 2 * 8 + eight;
    gpu::ldmatrix_x4<true>(a, gradients + aPixel * kGradientPitch + warp * 16 + matrix % 2 * 8);
#pragma unroll
    for (int tap = 0; tap < kTaps; tap++) {
      uint32_t b[4];
      const int x = matrix % 2 * 8 + eight + tap % 3;
      gpu::ldmatrix_x4<true>(
          b, tile + ((y + tap / 3) * kHaloWidth + x) * kPixelPitch + matrix / 2 * 8);
#pragma unroll
      for (int t = 0; t < kInTiles; t++) {
        const uint32_t pair[2] = {b[2 * t], b[2 * t + 1]};
        gpu::mma_bf16_16816(sums[tap][t], a, pair);
      }
    }
  }
}

// Block (group of output channels, chunk of input channels, slice of the tiles).
// partial: (slices, taps, I, O).
template <bool Vectors>
__global__ void __launch_bounds__(kTensorThreads)
    weightGradientTiles(TileGrid grid, Pixels x, Pixels dy, int in, int out, int slices,
                        float* partial) {
  __shared__ __align__(16) uint16_t gradients[kTilePixels * kGradientPitch];
  __shared__ __align__(16) uint16_t tile[kHaloPixels * kPixelPitch];
  const int firstOut = static_cast<int>(blockIdx.x) * kOut;
  const int firstIn = static_cast<int>(blockIdx.y) * kChunk;
  const auto tiles = static_cast<long long>(grid.n) * grid.perSample();
  const int begin = static_cast<int>(tiles * blockIdx.z / slices);
  const int end = static_cast<int>(tiles * (blockIdx.z + 1) / slices);
  Sums sums = {};
  HaloLoader<Vectors> loader;
  for (int i = begin; i < end; i++) {
    const TilePlace place(grid, i);
    loader.read(grid, place, x, firstIn, in);
    __syncthreads();
    loader.store(tile);
    loadGradients<Vectors>(grid, place, dy, firstOut, out, gradients);
    __syncthreads();
    multiplyTile(gradients, tile, sums);
  }
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  float* to = partial + static_cast<size_t>(blockIdx.z) * kTaps * in * out;
#pragma unroll
  for (int tap = 0; tap < kTaps; tap++) {
#pragma unroll
    for (int t = 0; t < kInTiles; t++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int o = firstOut + warp * 16 + lane / 4 + i / 2 * 8;
        const int c = firstIn + t * 8 + lane % 4 * 2 + i % 2;
        if (o < out && c < in) to[(static_cast<size_t>(tap) * in + c) * out + o] = sums[tap][t][i];
      }
    }
  }
}

}  // namespace

void tensorWeightGradient(ConvolutionContext& context, const Activation& x, const Activation& dy,
                          float scale, float* dWeight) {
  const TileGrid grid{x.shape.n, x.shape.h, x.shape.w};
  const int in = x.shape.c, out = dy.shape.c;
  const int groups = (out + kOut - 1) / kOut, chunks = (in + kChunk - 1) / kChunk;
  const int slices = slicesFor(grid.n * grid.perSample(), groups * chunks);
  context.partials.grow(static_cast<size_t>(slices) * kTaps * in * out * sizeof(float));
  float* partial = context.partials.as<float>();
  const Pixels from = pixelsOf(x), gradient = pixelsOf(dy);
  const auto kernel = takesVectors(from) && takesVectors(gradient) ? weightGradientTiles<true>
                                                                   : weightGradientTiles<false>;
  check(gpu::launch(kernel, dim3(groups, chunks, slices), dim3(kTensorThreads), 0,
                    context.stream.handle(), grid, from, gradient, in, out, slices, partial),
        "the tensor kernel of weight gradients");
  sumWeightParts(context, partial, slices, kTaps, in, out, scale, dWeight);
}

}  // namespace evensr::cuda
