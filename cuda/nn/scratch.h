// Memory that operators need while they run, and the way of small values to the device and back.
#pragma once

#include <vector>

#include "nn/transfer.h"
#include "runtime.h"

namespace evensr::cuda {

// One operator at a time: what one takes of a kind is lost when the next one takes of it. Grows,
// never shrinks, so that a step that has been made before allocates nothing.
class Scratch {
 public:
  Scratch(const Stream& stream, Transfer& transfer)
      : stream_(stream.handle()), transfer_(transfer) {}

  cudaStream_t stream() const { return stream_; }
  // Sums on the device.
  double* sums(size_t count) {
    sums_.grow(count * sizeof(double));
    return sums_.as<double>();
  }
  // Room for a planar image on the device.
  float* image(size_t count) {
    image_.grow(count * sizeof(float));
    return image_.as<float>();
  }
  float* sendImage(const float* values, size_t count) {
    float* to = image(count);
    transfer_.send(values, to, count * sizeof(float));
    return to;
  }
  // A copy of host values on the device.
  template <class T>
  const T* send(const std::vector<T>& values) {
    values_.grow(values.size() * sizeof(T));
    transfer_.send(values.data(), values_.as<void>(), values.size() * sizeof(T));
    return values_.as<const T>();
  }
  // Waits for all that was queued.
  template <class T>
  std::vector<T> fetch(const T* values, size_t count) {
    std::vector<T> result(count);
    transfer_.receive(values, result.data(), count * sizeof(T));
    return result;
  }

 private:
  cudaStream_t stream_;
  Transfer& transfer_;
  DeviceBuffer sums_, image_, values_;
};

}  // namespace evensr::cuda
