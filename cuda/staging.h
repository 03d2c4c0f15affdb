// Descriptors and scratch memory of a batch: what kernels read beside the images.
#pragma once

#include <cstring>
#include <vector>

#include "runtime.h"

namespace evensr::cuda {

// Emulated, memory that is handed out once more is as fresh memory is: all NaN, and guarded from
// its end on.
inline void renew([[maybe_unused]] char* place, [[maybe_unused]] size_t bytes,
                  [[maybe_unused]] size_t rounded) {
#ifdef EVENSR_EMULATED
  const cuda_emulation::DeviceAccess access;
  cuda_emulation::unpoison(place, rounded);
  std::memset(place, 0xFF, bytes);
  cuda_emulation::poison(place + bytes, rounded - bytes);
#endif
}

// Memory that is handed out piece by piece and taken back as a whole. It grows in blocks that are
// kept, so that batches of one kind allocate once.
template <class Buffer>
class Arena {
 public:
  // 256-byte aligned, valid until reset().
  void* take(size_t bytes) {
    constexpr size_t kRound = 256, kSmallest = size_t{1} << 20;
    const size_t rounded = (bytes / kRound + 1) * kRound;  // more than asked for, for a guard
    for (; active_ < blocks_.size(); active_++, used_ = 0) {
      if (used_ + rounded <= blocks_[active_].bytes()) break;
    }
    if (active_ == blocks_.size()) {
      Buffer block;
      block.grow(rounded > kSmallest ? rounded : kSmallest);
      blocks_.push_back(std::move(block));
      used_ = 0;
    }
    char* place = blocks_[active_].template as<char>() + used_;
    used_ += rounded;
    renew(place, bytes, rounded);
    return place;
  }
  void reset() { active_ = used_ = 0; }

 private:
  std::vector<Buffer> blocks_;
  size_t active_ = 0, used_ = 0;
};

// One batch at a time; nothing in a batch waits for the device. Batches alternate between two
// pinned arenas, so the host waits only when it is two batches ahead.
class Staging {
 public:
  explicit Staging(const Stream& stream);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  cudaStream_t stream() const { return stream_; }
  // A copy on the device, for the work of this batch that is queued from now on.
  template <class T>
  const T* send(const std::vector<T>& items) {
    return static_cast<const T*>(sendBytes(items.data(), items.size() * sizeof(T)));
  }
  // Room on the device for `count` items, for the work of this batch; not initialised.
  template <class T>
  T* room(size_t count) {
    return static_cast<T*>(device_.take(count * sizeof(T)));
  }
  // Pinned memory of the host that a copy of this batch reads.
  void* pinned(size_t bytes);
  void endBatch();

 private:
  struct Half {
    Arena<PinnedBuffer> memory;
    cudaEvent_t done = nullptr;  // recorded at the end of the batch that used it last
    bool waits = false;          // `done` has been recorded and not been waited for
  };
  const void* sendBytes(const void* items, size_t bytes);

  cudaStream_t stream_;
  Arena<DeviceBuffer> device_;  // one stream: the next batch writes after this one has read
  Half halves_[2];
  int active_ = 0;
};

}  // namespace evensr::cuda
