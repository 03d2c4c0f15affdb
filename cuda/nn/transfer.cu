#include <algorithm>
#include <cstring>

#include "nn/transfer.h"

namespace evensr::cuda {
namespace {

constexpr size_t kPiece = size_t{4} << 20;

}  // namespace

Transfer::Transfer(const Stream& stream) : stream_(stream.handle()) {
  for (Slot& slot : slots_) {
    check(cudaEventCreateWithFlags(&slot.done, cudaEventDisableTiming), "making an event");
  }
}

Transfer::~Transfer() {
  for (Slot& slot : slots_) {
    if (slot.waits) cudaEventSynchronize(slot.done);
    cudaEventDestroy(slot.done);
  }
}

Transfer::Slot& Transfer::next(size_t bytes) {
  last_ = (last_ + 1) % kSlots;
  Slot& slot = slots_[last_];
  wait(slot);
  if (slot.memory.bytes() < bytes) {
    // Twice as much as before: lengths that grow slowly allocate seldom.
    slot.memory.grow(std::min(kPiece, std::max(bytes, 2 * slot.memory.bytes())));
  }
  return slot;
}

void Transfer::record(Slot& slot) {
  check(cudaEventRecord(slot.done, stream_), "recording an event");
  slot.waits = true;
}

void Transfer::wait(Slot& slot) {
  if (!slot.waits) return;
  check(cudaEventSynchronize(slot.done), "queued work");
  slot.waits = false;
}

void Transfer::send(const void* host, void* device, size_t bytes) {
  for (size_t at = 0; at < bytes; at += kPiece) {
    const size_t count = std::min(kPiece, bytes - at);
    Slot& slot = next(count);
    std::memcpy(slot.memory.as<char>(), static_cast<const char*>(host) + at, count);
    check(cudaMemcpyAsync(static_cast<char*>(device) + at, slot.memory.as<char>(), count,
                          cudaMemcpyHostToDevice, stream_),
          "sending values to the GPU");
    record(slot);
  }
}

// The host takes one piece out of pinned memory while the next is on its way.
void Transfer::receive(const void* device, void* host, size_t bytes) {
  struct Piece {
    Slot* slot = nullptr;
    char* to = nullptr;
    size_t count = 0;
  } before;
  const auto finish = [&](const Piece& piece) {
    if (!piece.slot) return;
    wait(*piece.slot);
    std::memcpy(piece.to, piece.slot->memory.as<char>(), piece.count);
  };
  for (size_t at = 0; at < bytes; at += kPiece) {
    const size_t count = std::min(kPiece, bytes - at);
    const Piece piece{&next(count), static_cast<char*>(host) + at, count};
    check(cudaMemcpyAsync(piece.slot->memory.as<char>(), static_cast<const char*>(device) + at,
                          count, cudaMemcpyDeviceToHost, stream_),
          "fetching values from the GPU");
    record(*piece.slot);
    finish(before);
    before = piece;
  }
  finish(before);
}

}  // namespace evensr::cuda
