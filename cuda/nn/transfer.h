// The way of values between the host's memory and a device's, through pinned memory: the caller's
// may be changed or freed as soon as a method returns.
#pragma once

#include "runtime.h"

namespace evensr::cuda {

class Transfer {
 public:
  explicit Transfer(const Stream& stream);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Queues a copy to the device. Waits only when several MiB are on their way already.
  void send(const void* host, void* device, size_t bytes);
  // Waits for all that was queued before; throws what went wrong in it.
  void receive(const void* device, void* host, size_t bytes);

 private:
  // One after the other in turn: memory that a copy may still read is not written to.
  struct Slot {
    PinnedBuffer memory;
    cudaEvent_t done = nullptr;  // recorded after the copy that used it last
    bool waits = false;          // `done` has been recorded and not been waited for
  };
  static constexpr int kSlots = 4;
  Slot& next(size_t bytes);
  void record(Slot& slot);
  void wait(Slot& slot);

  cudaStream_t stream_;
  Slot slots_[kSlots];
  int last_ = 0;
};

}  // namespace evensr::cuda
