// Images between planar and NHWC order, through shared memory: both sides are read and written in
// runs of neighbouring addresses.
#include <algorithm>

#include "gpu.cuh"
#include "nn/cuda_network.h"
#include "nn/epilogue.cuh"

namespace evensr::cuda {
namespace {

// A block turns this many pixels of this many channels of a sample.
constexpr int kThreads = 256, kPixels = 128, kChannels = 32;
// One more than a multiple of the banks: channels of a pixel lie in different ones.
constexpr int kPitch = kPixels + 1;

template <bool FromPlanar>
__global__ void __launch_bounds__(kThreads)
    turn(float* planar, Pixels x, size_t plane, int channels) {
  __shared__ float tile[kChannels * kPitch];
  const size_t firstPixel = static_cast<size_t>(blockIdx.x) * kPixels;
  const int firstChannel = static_cast<int>(blockIdx.y) * kChannels;
  const size_t left = plane - firstPixel;
  const int pixels = left < kPixels ? static_cast<int>(left) : kPixels;
  const int wide = min(channels - firstChannel, kChannels);
  const int thread = static_cast<int>(threadIdx.x);
  float* plain = planar + (static_cast<size_t>(blockIdx.z) * channels + firstChannel) * plane;
  float* dense = x.data + (blockIdx.z * plane + firstPixel) * x.stride + firstChannel;
  const auto eachPlanar = [&](auto&& act) {
    for (int i = thread; i < wide * kPixels; i += kThreads) {
      const int c = i / kPixels, p = i % kPixels;
      if (p < pixels) act(plain[c * plane + firstPixel + p], tile[c * kPitch + p]);
    }
  };
  const auto eachDense = [&](auto&& act) {
    for (int i = thread; i < wide * pixels; i += kThreads) {
      const int c = i % wide, p = i / wide;
      act(dense[static_cast<size_t>(p) * x.stride + c], tile[c * kPitch + p]);
    }
  };
  const auto load = [](float& memory, float& kept) { kept = memory; };
  const auto store = [](float& memory, float& kept) { memory = kept; };
  if (FromPlanar) {
    eachPlanar(load);
    __syncthreads();
    eachDense(store);
  } else {
    eachDense(load);
    __syncthreads();
    eachPlanar(store);
  }
}

template <bool FromPlanar>
void turnImages(cudaStream_t stream, float* planar, const Activation& x) {
  const Shape& s = x.shape;
  const dim3 grid(static_cast<unsigned>((s.plane() + kPixels - 1) / kPixels),
                  static_cast<unsigned>((s.c + kChannels - 1) / kChannels),
                  static_cast<unsigned>(s.n));
  check(gpu::launch(turn<FromPlanar>, grid, dim3(kThreads), 0, stream, planar, pixelsOf(x),
                    s.plane(), s.c),
        "the kernel that orders images");
}

}  // namespace

void CudaNetworkBackend::fromPlanar(const float* planar, const Activation& x) {
  turnImages<true>(stream(), scratch_.sendImage(planar, x.shape.elements()), x);
}

void CudaNetworkBackend::toPlanar(const Activation& x, float* planar) {
  float* turned = scratch_.image(x.shape.elements());
  turnImages<false>(stream(), turned, x);
  download(turned, planar, x.shape.elements());
}

}  // namespace evensr::cuda
