// Memory that several plans use in turn.
#pragma once

#include <memory>

#include "network_backend.h"

namespace evensr {

// As large as the largest of its plans: what one of them has computed is lost when another one
// runs.
class Workspace {
 public:
  // Grows if need be, which moves it and loses what it holds. Throws std::bad_alloc; it is then
  // empty.
  void reserve(NetworkBackend& backend, size_t bytes) {
    if (bytes <= bytes_) return;
    // Before the new one is made: its memory may be needed.
    memory_.reset();
    bytes_ = 0;
    memory_ = backend.allocate(bytes);
    bytes_ = bytes;
  }
  void* data() const { return memory_ ? memory_->data() : nullptr; }

 private:
  std::unique_ptr<DeviceMemory> memory_;
  size_t bytes_ = 0;
};

}  // namespace evensr
