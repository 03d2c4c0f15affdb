#include <new>

#include "error.h"
#include "nn/cuda_network.h"
#include "nn/elements.cuh"

namespace evensr::cuda {
namespace {

class Memory final : public DeviceMemory {
 public:
  explicit Memory(size_t bytes) : buffer_(bytes) {}
  void* data() override { return buffer_.as<void>(); }

 private:
  DeviceBuffer buffer_;
};

// Value (pixel, channel) of a planar (B, C, H, W) array.
struct Planar {
  float* data;
  unsigned channels, plane;
  __device__ float& operator()(unsigned pixel, unsigned channel) const {
    const unsigned sample = pixel / plane;
    const size_t first = (static_cast<size_t>(sample) * channels + channel) * plane;
    return data[first + pixel % plane];
  }
};

Planar planarOf(float* data, const Shape& shape) {
  return {data, static_cast<unsigned>(shape.c), static_cast<unsigned>(shape.plane())};
}

struct FromPlanar {
  Planar planar;
  Pixels x;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    at(x, pixel, c) = planar(pixel, c);
  }
};

struct ToPlanar {
  Planar planar;
  Pixels x;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    planar(pixel, c) = at(x, pixel, c);
  }
};

struct CopyChannels {
  Pixels from, to;
  __device__ void operator()(unsigned pixel, unsigned c) const {
    at(to, pixel, c) = at(from, pixel, c);
  }
};

}  // namespace

float* Scratch::sendImages(const float* images, size_t count) {
  float* room = imageRoom(count);
  check(cudaMemcpyAsync(room, images, count * sizeof(float), cudaMemcpyHostToDevice, stream()),
        "sending images to the GPU");
  return room;
}

CudaNetworkBackend::CudaNetworkBackend(int device, Precision precision)
    : precision_(precision), stream_(device), scratch_(stream_), convolutions_(stream_) {}

std::unique_ptr<DeviceMemory> CudaNetworkBackend::allocate(size_t bytes) {
  return std::make_unique<Memory>(bytes);
}

void CudaNetworkBackend::upload(const float* host, float* device, size_t count) {
  check(cudaMemcpyAsync(device, host, count * sizeof(float), cudaMemcpyHostToDevice,
                        stream_.handle()),
        "sending values to the GPU");
}

void CudaNetworkBackend::download(const float* device, float* host, size_t count) {
  check(cudaMemcpyAsync(host, device, count * sizeof(float), cudaMemcpyDeviceToHost,
                        stream_.handle()),
        "fetching values from the GPU");
  stream_.synchronize();
}

void CudaNetworkBackend::copy(const float* from, float* to, size_t count) {
  check(
      cudaMemcpyAsync(to, from, count * sizeof(float), cudaMemcpyDeviceToDevice, stream_.handle()),
      "copying values on the GPU");
}

size_t CudaNetworkBackend::activationBytes(const Shape& shape) const {
  return shape.elements() * sizeof(float);
}

void CudaNetworkBackend::fromPlanar(const float* planar, const Activation& x) {
  float* images = scratch_.sendImages(planar, x.shape.elements());
  overElements(stream_.handle(), x.shape, FromPlanar{planarOf(images, x.shape), pixelsOf(x)},
               "the kernel that orders images");
}

void CudaNetworkBackend::toPlanar(const Activation& x, float* planar) {
  float* images = scratch_.imageRoom(x.shape.elements());
  overElements(stream_.handle(), x.shape, ToPlanar{planarOf(images, x.shape), pixelsOf(x)},
               "the kernel that orders images");
  download(images, planar, x.shape.elements());
}

std::unique_ptr<Convolution> CudaNetworkBackend::convolution(const ConvolutionConfig& config) {
  return makeConvolution(convolutions_, config, precision_);
}

void CudaNetworkBackend::concat(const std::vector<Activation>& parts, const Activation& y) {
  int first = 0;
  for (const Activation& part : parts) {
    const Pixels to{floats(y) + first, y.channelStride()};
    if (part.data) {
      overElements(stream_.handle(), part.shape, CopyChannels{pixelsOf(part), to},
                   "the kernel that joins channels");
    }
    first += part.shape.c;
  }
}

void CudaNetworkBackend::split(const Activation& y, const std::vector<Activation>& parts) {
  int first = 0;
  for (const Activation& part : parts) {
    const Pixels from{floats(y) + first, y.channelStride()};
    if (part.data) {
      overElements(stream_.handle(), part.shape, CopyChannels{from, pixelsOf(part)},
                   "the kernel that parts channels");
    }
    first += part.shape.c;
  }
}

}  // namespace evensr::cuda
