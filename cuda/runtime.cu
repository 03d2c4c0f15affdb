#include <string>

#include "error.h"
#include "runtime.h"

namespace evensr::cuda {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  const std::string reason =
      std::string(cudaGetErrorName(status)) + ", " + cudaGetErrorString(status);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // else the next kernel's launch reports it
    throw CodedError("E_MEMORY", std::string("the GPU has not enough memory for ") + what + " (" +
                                     reason + "): take a smaller batch or smaller pictures");
  }
  throw CodedError("E_GPU", std::string(what) + " failed on the GPU: " + reason);
}

Stream::Stream(int device) : device_(device) {
  makeCurrent();
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
}

Stream::~Stream() { cudaStreamDestroy(stream_); }

void Stream::makeCurrent() const { check(cudaSetDevice(device_), "choosing the GPU"); }

void Stream::synchronize() const { check(cudaStreamSynchronize(stream_), "queued work"); }

DeviceBuffer::DeviceBuffer(size_t bytes) { grow(bytes); }

DeviceBuffer::~DeviceBuffer() { cudaFree(data_); }

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void DeviceBuffer::grow(size_t bytes) {
  if (bytes <= bytes_) return;
  cudaFree(std::exchange(data_, nullptr));
  bytes_ = 0;
  const std::string what = std::to_string(bytes >> 20) + " MiB";
  check(cudaMalloc(&data_, bytes), what.c_str());
  bytes_ = bytes;
}

PinnedBuffer::~PinnedBuffer() { cudaFreeHost(data_); }

PinnedBuffer& PinnedBuffer::operator=(PinnedBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void PinnedBuffer::grow(size_t bytes) {
  if (bytes <= bytes_) return;
  cudaFreeHost(std::exchange(data_, nullptr));
  bytes_ = 0;
  check(cudaMallocHost(&data_, bytes), "pinned memory of the host");
  bytes_ = bytes;
}

}  // namespace evensr::cuda
