// Runs one block after another: its threads ("lanes") are fibers that a scheduler resumes in turn
// until they meet at a barrier or a warp operation, or end.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "device_memory.h"
#include "fiber.h"
#include "types.h"

namespace cuda_emulation {

constexpr unsigned kMaxLanes = 1024;
constexpr unsigned kWarp = 32;

enum class LaneState : uint8_t { Ready, AtBlockBarrier, AtWarpOperation, Done };

// Thrown through the lanes that are still in the kernel when their block has failed, so that their
// stacks unwind and the fibers can be used again.
struct Unwind {};

// A cp.async that was issued but, in lazy mode, has not been done yet.
struct PendingCopy {
  void* to;
  const void* from;
  size_t bytes;
  int group;
};

struct Lane {
  Fiber fiber;
  LaneState state = LaneState::Ready;
  bool inKernel = false;
  uint3 tid{};
  unsigned id = 0;         // linear index in the block
  const char* where = "";  // the operation it waits in, for the deadlock message
  unsigned mask = 0;       // and the lanes that take part in it
  // Operands of a warp operation: put down by each lane, results filled in by the last to arrive.
  alignas(16) unsigned char in[16];
  alignas(16) unsigned char out[16];
  int source = 0;
  int predicate = 0;
  void* registers[3];
  std::vector<PendingCopy> copies;
  int copyGroup = 0;
};

struct Block {
  dim3 grid, size;
  uint3 id{};
  unsigned lanesUsed = 0;
  // Fixed addresses: parked fibers keep references to their lane.
  std::unique_ptr<Lane[]> lanes{new Lane[kMaxLanes]};
  Lane* current = nullptr;
  Fiber scheduler;
  std::function<void()> body;
  std::exception_ptr error;
  bool unwinding = false;

  char* dynamicShared = nullptr;
  size_t dynamicSharedBytes = 0;

  unsigned arrived = 0, done = 0;
  int orSum = 0, andSum = 1, countSum = 0;           // of the barrier being gathered
  int orResult = 0, andResult = 0, countResult = 0;  // of the last one released

  // Addresses for TSan's happens-before edges; only these order the lanes.
  char startTag = 0, endTag = 0, barrierTag = 0;
  char warpTag[kMaxLanes / kWarp];

  ~Block() {
    for (unsigned i = 0; i < kMaxLanes; i++) destroyFiber(lanes[i].fiber);
  }
};

// One block at a time on each OS thread. Its fibers outlive the block and are used again.
EMU_NO_TSAN inline Block& block() {
  static thread_local Block b;
  return b;
}
EMU_NO_TSAN inline Lane& self() { return *block().current; }

EMU_NO_TSAN inline uint3 threadIndex() { return self().tid; }
EMU_NO_TSAN inline uint3 blockIndex() { return block().id; }
EMU_NO_TSAN inline dim3 blockSize() { return block().size; }
EMU_NO_TSAN inline dim3 gridSize() { return block().grid; }
EMU_NO_TSAN inline char* dynamicShared() { return block().dynamicShared; }
EMU_NO_TSAN inline int laneInWarp() { return static_cast<int>(self().id % kWarp); }

EMU_NO_TSAN inline void yieldLane() {
  Block& b = block();
  Lane& lane = *b.current;
  switchFiber(lane.fiber, b.scheduler);
  if (b.unwinding && lane.inKernel) throw Unwind{};
}

inline void enterKernel(Block& b) {
  Quiet quiet;
  b.current->inKernel = true;
  tsanAcquire(&b.startTag);
}

inline void leaveKernel(Block& b) {
  Quiet quiet;
  tsanRelease(&b.endTag);
  b.current->inKernel = false;
  b.current->state = LaneState::Done;
  b.done++;
}

// Every lane's fiber runs this for ever: one pass of the loop is one thread of one block.
inline void laneMain() {
  Block& b = block();
  asanArrive(nullptr, &b.scheduler.stackBottom, &b.scheduler.stackBytes);
  for (;;) {
    enterKernel(b);
    try {
      b.body();
    } catch (const Unwind&) {
    } catch (...) {
      Quiet quiet;
      b.error = std::current_exception();
    }
    leaveKernel(b);
    yieldLane();
  }
}

inline void releaseBarrier(Block& b) {
  b.orResult = b.orSum;
  b.andResult = b.andSum;
  b.countResult = b.countSum;
  b.orSum = b.countSum = 0;
  b.andSum = 1;
  b.arrived = 0;
  for (unsigned i = 0; i < b.lanesUsed; i++) {
    Lane& lane = b.lanes[i];
    if (lane.state == LaneState::AtBlockBarrier) lane.state = LaneState::Ready;
  }
}

inline void blockBarrier(const char* where, int predicate = 0) {
  Quiet quiet;
  Block& b = block();
  Lane& lane = *b.current;
  lane.where = where;
  lane.state = LaneState::AtBlockBarrier;
  b.orSum |= predicate != 0;
  b.andSum &= predicate != 0;
  b.countSum += predicate != 0;
  b.arrived++;
  tsanRelease(&b.barrierTag);
  if (b.arrived == b.lanesUsed) releaseBarrier(b);
  yieldLane();
  tsanAcquire(&b.barrierTag);
}

inline std::string describeDeadlock(const Block& b) {
  struct Waiting {
    unsigned count = 0, first = 0;
    const char* where = "";
  };
  const auto waitingIn = [&](LaneState state) {
    Waiting waiting;
    for (unsigned i = 0; i < b.lanesUsed; i++) {
      if (b.lanes[i].state != state) continue;
      if (waiting.count++ == 0) {
        waiting.first = i;
        waiting.where = b.lanes[i].where;
      }
    }
    return waiting;
  };
  const Waiting barrier = waitingIn(LaneState::AtBlockBarrier);
  const Waiting warp = waitingIn(LaneState::AtWarpOperation);
  char text[512];
  snprintf(text, sizeof text,
           "emu: deadlock in block (%u,%u,%u): %u of %u threads finished, "
           "%u wait at a block barrier (first %u: %s), %u at a warp operation (first %u: %s)",
           b.id.x, b.id.y, b.id.z, b.done, b.lanesUsed, barrier.count, barrier.first, barrier.where,
           warp.count, warp.first, warp.where);
  return text;
}

inline unsigned environmentNumber(const char* name, unsigned otherwise) {
  const char* value = getenv(name);
  return value ? static_cast<unsigned>(atoi(value)) : otherwise;
}

// EMU_SEED: 0 runs lanes and blocks in order, anything else lanes in an order that changes every
// round and blocks in an order of each launch.
inline unsigned orderSeed() {
  static const unsigned value = environmentNumber("EMU_SEED", 0);
  return value;
}

// A permutation of the blocks: i -> (step i + first) mod count, with a step that has no factor in
// common with the count.
class BlockOrder {
 public:
  explicit BlockOrder(size_t count) : count_(count) {
    static thread_local unsigned launches = 0;
    if (!orderSeed() || count < 2) return;
    const size_t random = (orderSeed() + 7919u * ++launches) * 2654435761u;
    first_ = random % count;
    step_ = 1 + random / 7 % (count - 1);
    while (std::gcd(step_, count) != 1) step_ = step_ % (count - 1) + 1;
  }
  size_t operator[](size_t i) const { return (step_ * i + first_) % count_; }

 private:
  size_t count_, step_ = 1, first_ = 0;
};

class LaneOrder {
 public:
  explicit LaneOrder(const Block& b)
      : lanes_(b.lanesUsed), state_(orderSeed() * 2654435761u + b.id.x * 97 + b.id.y * 131) {}

  void nextRound() {
    if (!orderSeed()) return;
    state_ = state_ * 1664525u + 1013904223u;
    offset_ = state_ >> 8;
    reversed_ = state_ >> 31;
  }
  unsigned operator[](unsigned k) const {
    const unsigned i = (k + offset_) % lanes_;
    return reversed_ ? lanes_ - 1 - i : i;
  }

 private:
  unsigned lanes_, state_, offset_ = 0;
  bool reversed_ = false;
};

inline void prepareBlock(Block& b) {
  b.done = b.arrived = 0;
  b.orSum = b.countSum = 0;
  b.andSum = 1;
  b.error = nullptr;
  for (unsigned i = 0; i < b.lanesUsed; i++) {
    Lane& lane = b.lanes[i];
    lane.id = i;
    lane.tid = {i % b.size.x, i / b.size.x % b.size.y, i / (b.size.x * b.size.y)};
    lane.state = LaneState::Ready;
    lane.copies.clear();
    lane.copyGroup = 0;
    if (!lane.fiber.mapping) createFiber(lane.fiber, laneMain);
  }
  // All ones is NaN in every floating-point format: a read before the first write shows.
  if (b.dynamicSharedBytes) memset(b.dynamicShared, 0xFF, b.dynamicSharedBytes);
  b.scheduler.tsan = tsanCurrent();
}

inline void resume(Block& b, Lane& lane) {
  b.current = &lane;
  switchFiber(b.scheduler, lane.fiber);
}

// False if no lane could run.
inline bool runReadyLanes(Block& b, const LaneOrder& order) {
  bool any = false;
  for (unsigned k = 0; k < b.lanesUsed && !b.error; k++) {
    Lane& lane = b.lanes[order[k]];
    if (lane.state != LaneState::Ready) continue;
    any = true;
    resume(b, lane);
  }
  return any;
}

inline void unwindLanes(Block& b) {
  b.unwinding = true;
  for (unsigned i = 0; i < b.lanesUsed; i++) {
    if (b.lanes[i].inKernel) resume(b, b.lanes[i]);
  }
  b.unwinding = false;
}

inline void runBlock(Block& b) {
  Quiet quiet;
  prepareBlock(b);
  tsanRelease(&b.startTag);
  LaneOrder order(b);
  while (b.done < b.lanesUsed && !b.error) {
    order.nextRound();
    const bool any = runReadyLanes(b, order);
    if (b.error) break;
    // Threads that have returned count as arrived, as on sm_70 and later.
    if (b.arrived && b.arrived + b.done == b.lanesUsed) {
      releaseBarrier(b);
    } else if (!any) {
      b.error = std::make_exception_ptr(std::runtime_error(describeDeadlock(b)));
    }
  }
  if (b.error) unwindLanes(b);
  tsanAcquire(&b.endTag);
  if (b.error) std::rethrow_exception(b.error);
}

// Dynamic shared memory of the blocks that one OS thread runs, with a tail that ASan guards.
class DynamicShared {
 public:
  DynamicShared(Block& b, size_t bytes)
      : block_(b), bytes_(bytes), rounded_((bytes + kAlign - 1) / kAlign * kAlign) {
    if (bytes) {
      block_.dynamicShared = static_cast<char*>(std::aligned_alloc(kAlign, rounded_));
      if (!block_.dynamicShared) throw std::bad_alloc();
      poison(block_.dynamicShared + bytes_, rounded_ - bytes_);
    }
    block_.dynamicSharedBytes = bytes;
  }
  ~DynamicShared() {
    if (bytes_) unpoison(block_.dynamicShared, rounded_);
    free(block_.dynamicShared);
    block_.dynamicShared = nullptr;
    block_.dynamicSharedBytes = 0;
  }
  DynamicShared(const DynamicShared&) = delete;

 private:
  static constexpr size_t kAlign = 1024;
  Block& block_;
  size_t bytes_, rounded_;
};

// A kernel launch: `body` is the kernel with its arguments bound. Rethrows what a lane threw.
// EMU_THREADS: OS threads that share the blocks (default 1).
template <class Body>
void launch(dim3 grid, dim3 size, size_t sharedBytes, Body body) {
  static const unsigned wanted = environmentNumber("EMU_THREADS", 1);
  const size_t blocks = static_cast<size_t>(grid.x) * grid.y * grid.z;
  const size_t lanes = static_cast<size_t>(size.x) * size.y * size.z;
  if (!blocks || !lanes || lanes > kMaxLanes) {
    throw std::runtime_error("emu: bad launch configuration");
  }
  const DeviceAccess access;
  std::exception_ptr error;
  std::mutex errorMutex;
  const auto threads = static_cast<unsigned>(std::clamp<size_t>(wanted, 1, blocks));
  const BlockOrder order(blocks);

  const auto work = [&](unsigned first) {
    try {
      Block& b = block();
      b.grid = grid;
      b.size = size;
      b.lanesUsed = static_cast<unsigned>(lanes);
      b.body = body;
      DynamicShared memory(b, sharedBytes);
      for (size_t k = first; k < blocks; k += threads) {
        const size_t i = order[k];
        b.id = {static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
                static_cast<unsigned>(i / (static_cast<size_t>(grid.x) * grid.y))};
        runBlock(b);
      }
    } catch (...) {
      std::lock_guard lock(errorMutex);
      error = std::current_exception();
    }
  };

  std::vector<std::thread> others;
  for (unsigned t = 1; t < threads; t++) others.emplace_back(work, t);
  work(0);
  for (auto& thread : others) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace cuda_emulation
