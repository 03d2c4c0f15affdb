// Memory that operators need while they run, and the way of small results to the host.
#pragma once

#include "runtime.h"

namespace evensr::cuda {

// One operator at a time: what one takes is lost when the next one takes. Grows, never shrinks, so
// that a step that has been made before allocates nothing.
class Scratch {
 public:
  explicit Scratch(const Stream& stream) : stream_(stream) {}

  cudaStream_t stream() const { return stream_.handle(); }
  // Sums on the device.
  double* sums(size_t count) {
    sums_.grow(count * sizeof(double));
    return sums_.as<double>();
  }
  // A copy of host values on the device.
  template <class T>
  const T* send(const T* values, size_t count) {
    values_.grow(count * sizeof(T));
    check(cudaMemcpyAsync(values_.as<void>(), values, count * sizeof(T), cudaMemcpyHostToDevice,
                          stream()),
          "sending values to the GPU");
    return values_.as<const T>();
  }
  // The same for images.
  float* sendImages(const float* images, size_t count);
  float* imageRoom(size_t count) {
    images_.grow(count * sizeof(float));
    return images_.as<float>();
  }
  // Waits for all that was queued.
  template <class T>
  const T* fetch(const T* values, size_t count) {
    results_.grow(count * sizeof(T));
    check(cudaMemcpyAsync(results_.as<void>(), values, count * sizeof(T), cudaMemcpyDeviceToHost,
                          stream()),
          "fetching results from the GPU");
    stream_.synchronize();
    return results_.as<const T>();
  }

 private:
  const Stream& stream_;
  DeviceBuffer sums_, values_, images_;
  PinnedBuffer results_;
};

}  // namespace evensr::cuda
