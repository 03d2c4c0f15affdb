// Warp operations. Every lane of the mask puts its operands down and parks; the last to arrive does
// the exchange for all. So any operation of a warp is one function over 32 lanes.
#pragma once
#include "block.h"

namespace cuda_emulation {

constexpr unsigned kAllLanes = 0xffffffffu;

// Calls visit(i) for every lane i of the mask, lowest first.
template <class F>
inline void forEachLane(unsigned mask, F visit) {
  for (; mask; mask &= mask - 1) visit(__builtin_ctz(mask));
}

// operation(lanes, mask) runs once, when all lanes of the mask have arrived; lanes[0] is the warp's
// first lane.
template <class F>
inline void warpOperation(unsigned mask, const char* where, F operation) {
  Quiet quiet;
  Block& b = block();
  Lane& lane = *b.current;
  const unsigned first = lane.id / kWarp * kWarp;
  const unsigned present = std::min(kWarp, b.lanesUsed - first);
  if (present < kWarp) mask &= (1u << present) - 1;  // the last warp of a block may be short
  if (!(mask >> (lane.id % kWarp) & 1)) {
    throw std::runtime_error("emu: lane calls a warp operation with a mask that lacks it");
  }
  lane.mask = mask;
  lane.where = where;
  lane.state = LaneState::AtWarpOperation;
  char* const tag = &b.warpTag[first / kWarp];
  tsanRelease(tag);

  Lane* const warp = &b.lanes[first];
  bool all = true;
  forEachLane(mask, [&](int i) {
    all = all && warp[i].state == LaneState::AtWarpOperation && warp[i].mask == mask;
  });
  if (all) {
    operation(warp, mask);
    forEachLane(mask, [&](int i) { warp[i].state = LaneState::Ready; });
  } else {
    yieldLane();
  }
  tsanAcquire(tag);
}

inline void syncWarp(const char* where, unsigned mask = kAllLanes) {
  warpOperation(mask, where, [](Lane*, unsigned) {});
}

// Each lane receives the value of lane `source` of its warp.
template <class T>
inline T exchange(unsigned mask, T value, int source, const char* where) {
  static_assert(sizeof(T) <= sizeof(Lane::in));
  Quiet quiet;
  Lane& lane = self();
  memcpy(lane.in, &value, sizeof value);
  lane.source = source;
  warpOperation(mask, where, [](Lane* warp, unsigned m) {
    forEachLane(m, [&](int i) { memcpy(warp[i].out, warp[warp[i].source].in, sizeof(Lane::in)); });
  });
  T result;
  memcpy(&result, lane.out, sizeof result);
  return result;
}

// The four shuffles differ in the source lane only. A source outside the segment of `width` lanes
// gives the lane its own value back.
template <class T>
inline T shuffle(unsigned mask, T value, int source, const char* where, int width = 32) {
  const int segment = laneInWarp() & ~(width - 1);
  return exchange(mask, value, segment + (source & (width - 1)), where);
}

template <class T>
inline T shuffleXor(unsigned mask, T value, int laneMask, const char* where, int width = 32) {
  const int lane = laneInWarp();
  const int segment = lane & ~(width - 1);
  const int source = lane ^ laneMask;
  return exchange(mask, value, (source & ~(width - 1)) > segment ? lane : source, where);
}

template <class T>
inline T shuffleDown(unsigned mask, T value, unsigned delta, const char* where, int width = 32) {
  const int lane = laneInWarp();
  const int source = lane + static_cast<int>(delta);
  const bool inside = (source & ~(width - 1)) == (lane & ~(width - 1));
  return exchange(mask, value, inside ? source : lane, where);
}

template <class T>
inline T shuffleUp(unsigned mask, T value, unsigned delta, const char* where, int width = 32) {
  const int lane = laneInWarp();
  const int source = lane - static_cast<int>(delta);
  const bool inside = source >= (lane & ~(width - 1));
  return exchange(mask, value, inside ? source : lane, where);
}

inline unsigned ballot(unsigned mask, int predicate, const char* where) {
  Quiet quiet;
  Lane& lane = self();
  lane.predicate = predicate != 0;
  warpOperation(mask, where, [](Lane* warp, unsigned m) {
    unsigned votes = 0;
    forEachLane(m, [&](int i) {
      if (warp[i].predicate) votes |= 1u << i;
    });
    forEachLane(m, [&](int i) { memcpy(warp[i].out, &votes, sizeof votes); });
  });
  unsigned votes;
  memcpy(&votes, lane.out, sizeof votes);
  return votes;
}

inline unsigned reduceOr(unsigned mask, unsigned value, const char* where) {
  Quiet quiet;
  Lane& lane = self();
  memcpy(lane.in, &value, sizeof value);
  warpOperation(mask, where, [](Lane* warp, unsigned m) {
    unsigned all = 0;
    forEachLane(m, [&](int i) {
      unsigned word;
      memcpy(&word, warp[i].in, sizeof word);
      all |= word;
    });
    forEachLane(m, [&](int i) { memcpy(warp[i].out, &all, sizeof all); });
  });
  unsigned all;
  memcpy(&all, lane.out, sizeof all);
  return all;
}

}  // namespace cuda_emulation
