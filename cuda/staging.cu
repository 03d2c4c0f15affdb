#include <cstring>

#include "staging.h"

namespace evensr::cuda {

Staging::Staging(const Stream& stream) : stream_(stream.handle()) {
  for (Half& half : halves_) {
    check(cudaEventCreateWithFlags(&half.done, cudaEventDisableTiming), "making an event");
  }
}

Staging::~Staging() {
  for (Half& half : halves_) {
    if (half.waits) cudaEventSynchronize(half.done);
    cudaEventDestroy(half.done);
  }
}

void* Staging::pinned(size_t bytes) {
  Half& half = halves_[active_];
  if (half.waits) {
    check(cudaEventSynchronize(half.done), "an earlier batch");
    half.waits = false;
  }
  return half.memory.take(bytes);
}

const void* Staging::sendBytes(const void* items, size_t bytes) {
  void* from = pinned(bytes);
  std::memcpy(from, items, bytes);
  void* to = device_.take(bytes);
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "sending descriptors");
  return to;
}

void Staging::endBatch() {
  Half& half = halves_[active_];
  check(cudaEventRecord(half.done, stream_), "recording an event");
  half.waits = true;
  active_ = 1 - active_;
  device_.reset();
  halves_[active_].memory.reset();
}

}  // namespace evensr::cuda
