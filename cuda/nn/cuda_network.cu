#include <map>
#include <mutex>
#include <string>

#include "error.h"
#include "nn/cuda_network.h"

namespace evensr::cuda {
namespace {

class Memory final : public DeviceMemory {
 public:
  explicit Memory(size_t bytes) {
    const cudaError_t status = cudaMalloc(&data_, bytes);
    if (status == cudaErrorMemoryAllocation) refuse(bytes);
    check(status, "getting memory of the GPU");
  }
  ~Memory() override { cudaFree(data_); }
  void* data() override { return data_; }

 private:
  [[noreturn]] static void refuse(size_t bytes) {
    cudaGetLastError();  // else the next kernel's launch reports it
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    throw CodedError("E_MEMORY", "the GPU has " + std::to_string(free >> 20) + " MiB free of " +
                                     std::to_string(total >> 20) + ", but " +
                                     std::to_string(bytes >> 20) +
                                     " MiB are needed: take a smaller batch or smaller pictures");
  }
  void* data_ = nullptr;
};

// A generator and its discriminator are two backends that read what the other one writes: all
// backends of a device that live at the same time queue their work on one stream.
std::shared_ptr<const Stream> streamOf(int device) {
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<const Stream>> streams;
  const std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<const Stream> stream = streams[device].lock();
  if (!stream) streams[device] = stream = std::make_shared<const Stream>(device);
  return stream;
}

}  // namespace

CudaNetworkBackend::CudaNetworkBackend(int device, Precision precision)
    : precision_(precision),
      sharedStream_(streamOf(device)),
      transfer_(*sharedStream_),
      scratch_(*sharedStream_, transfer_),
      convolutions_(*sharedStream_) {}

std::unique_ptr<DeviceMemory> CudaNetworkBackend::allocate(size_t bytes) {
  return std::make_unique<Memory>(bytes);
}

void CudaNetworkBackend::upload(const float* host, float* device, size_t count) {
  transfer_.send(host, device, count * sizeof(float));
}

void CudaNetworkBackend::download(const float* device, float* host, size_t count) {
  transfer_.receive(device, host, count * sizeof(float));
}

void CudaNetworkBackend::copy(const float* from, float* to, size_t count) {
  check(cudaMemcpyAsync(to, from, count * sizeof(float), cudaMemcpyDeviceToDevice, stream()),
        "copying values on the GPU");
}

size_t CudaNetworkBackend::activationBytes(const Shape& shape) const {
  return shape.elements() * sizeof(float);
}

std::unique_ptr<Convolution> CudaNetworkBackend::convolution(const ConvolutionConfig& config) {
  return makeConvolution(convolutions_, config, precision_);
}

}  // namespace evensr::cuda
