// Pixel shuffle and its inverse, through shared memory: the many channels of a pixel and the rows
// of pixels that they become are both read and written in runs of neighbouring addresses.
#include <algorithm>

#include "gpu.cuh"
#include "nn/cuda_network.h"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256, kTile = 2048;

// What a block moves: `pixels` pixels of a row of the small image, and of the large one's channels
// `group`, which are group x factor x factor of the small one's.
struct Shuffle {
  float *small, *large;
  int width, channels, factor;  // of the small image; of the large one
  int pixels, group;
  int tiles;  // of a row

  __host__ __device__ int square() const { return factor * factor; }
};

// Neighbours in a channel's square lie factor^2 apart for those of the large image: a gap after
// every 32 values puts them into different banks.
__device__ __forceinline__ int bankOf(int element) { return element + element / 32; }

template <bool ToLarge>
__global__ void __launch_bounds__(kThreads) shuffle(Shuffle s) {
  __shared__ float tile[kTile + kTile / 32];
  const int thread = static_cast<int>(threadIdx.x);
  const size_t row = blockIdx.x / s.tiles;  // of all samples
  const int firstPixel = static_cast<int>(blockIdx.x % s.tiles) * s.pixels;
  const int firstChannel = static_cast<int>(blockIdx.y) * s.group;
  const int pixels = min(s.pixels, s.width - firstPixel);
  const int group = min(s.group, s.channels - firstChannel);
  const int run = group * s.square();
  const size_t wide = static_cast<size_t>(s.channels) * s.square();
  float* const small = s.small + (row * s.width + firstPixel) * wide + firstChannel * s.square();
  const auto eachSmall = [&](auto&& act) {
    for (int i = thread; i < pixels * run; i += kThreads) {
      act(small[i / run * wide + i % run], tile[bankOf(i)]);
    }
  };
  const auto eachLarge = [&](auto&& act) {
    const int across = pixels * s.factor * group;
    for (int i = thread; i < across * s.factor; i += kThreads) {
      const int dy = i / across, x = i % across / group, c = i % across % group;
      const size_t to = (row * s.factor + dy) * s.width * s.factor + firstPixel * s.factor + x;
      const int from = x / s.factor * run + (c * s.factor + dy) * s.factor + x % s.factor;
      act(s.large[to * s.channels + firstChannel + c], tile[bankOf(from)]);
    }
  };
  const auto load = [](float& memory, float& kept) { kept = memory; };
  const auto store = [](float& memory, float& kept) { memory = kept; };
  if (ToLarge) {
    eachSmall(load);
    __syncthreads();
    eachLarge(store);
  } else {
    eachLarge(load);
    __syncthreads();
    eachSmall(store);
  }
}

template <bool ToLarge>
void run(cudaStream_t stream, const Activation& small, const Activation& large, int factor,
         const char* what) {
  const Shape& s = small.shape;
  Shuffle shuffled{floats(small), floats(large), s.w, large.shape.c, factor, 0, 0, 0};
  shuffled.group = std::min(large.shape.c, std::max(1, kTile / shuffled.square()));
  shuffled.pixels = std::clamp(kTile / (shuffled.group * shuffled.square()), 1, s.w);
  shuffled.tiles = (s.w + shuffled.pixels - 1) / shuffled.pixels;
  const dim3 grid(static_cast<unsigned>(s.n * s.h * shuffled.tiles),
                  static_cast<unsigned>((large.shape.c + shuffled.group - 1) / shuffled.group));
  check(gpu::launch(shuffle<ToLarge>, grid, dim3(kThreads), 0, stream, shuffled), what);
}

}  // namespace

void CudaNetworkBackend::pixelShuffle(const Activation& x, int factor, const Activation& y) {
  run<true>(stream(), x, y, factor, "the pixel shuffle kernel");
}

void CudaNetworkBackend::pixelUnshuffle(const Activation& x, int factor, const Activation& y) {
  run<false>(stream(), y, x, factor, "the pixel unshuffle kernel");
}

}  // namespace evensr::cuda
