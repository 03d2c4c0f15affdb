// Stands in for native/cpu/scratch.h when the fuzzer is built: every array has an allocation of its
// own, of exactly its size, so that the address sanitizer sees each element that is out of bounds,
// and it is filled with a byte that must not show in any result.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "tensor.h"

namespace evensr {

// What memory that nobody wrote holds.
inline unsigned char fuzzPoison = 0;

class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

class ScratchFrame {
 public:
  explicit ScratchFrame(Scratch&) {}
  ~ScratchFrame() {
    for (void* memory : taken_) std::free(memory);
  }
  ScratchFrame(const ScratchFrame&) = delete;
  ScratchFrame& operator=(const ScratchFrame&) = delete;

  template <class T>
  T* take(size_t count) {
    void* memory = nullptr;
    if (posix_memalign(&memory, kAlignment, count * sizeof(T)) != 0) throw std::bad_alloc();
    std::memset(memory, fuzzPoison, count * sizeof(T));
    taken_.push_back(memory);
    return static_cast<T*>(memory);
  }

 private:
  std::vector<void*> taken_;
};

}  // namespace evensr
