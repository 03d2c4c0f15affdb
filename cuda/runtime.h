// The CUDA runtime for the host code of the backends: errors that say what to do, streams and
// memory that free themselves.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <utility>

namespace evensr::cuda {

// Throws what a call of the runtime reports, naming what was tried ("the blur kernel"): E_MEMORY
// when the device's memory does not suffice, else E_GPU. After an E_GPU nothing more can be done on
// the device: the errors of kernels stay.
void check(cudaError_t status, const char* what);

// One queue of work on a device. Not shared between threads.
class Stream {
 public:
  // Makes `device` the calling thread's.
  explicit Stream(int device);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  cudaStream_t handle() const { return stream_; }
  int device() const { return device_; }
  // Makes its device the calling thread's.
  void makeCurrent() const;
  // Until all that was queued is done; throws what went wrong in it.
  void synchronize() const;

 private:
  int device_ = 0;
  cudaStream_t stream_ = nullptr;
};

// Memory of the device that frees itself. Contents are not initialised.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(size_t bytes);
  ~DeviceBuffer();
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  size_t bytes() const { return bytes_; }
  // At least as large; what was in it is lost when it was smaller.
  void grow(size_t bytes);

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

// Memory of the host that the device copies from and to without waiting.
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  ~PinnedBuffer();
  PinnedBuffer(PinnedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  PinnedBuffer& operator=(PinnedBuffer&& other) noexcept;
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  size_t bytes() const { return bytes_; }
  // At least as large; what was in it is lost when it was smaller.
  void grow(size_t bytes);

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace evensr::cuda
