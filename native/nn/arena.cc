#include "nn/arena.h"

#include <algorithm>

#include "tensor.h"

namespace evensr {

int Arena::acquire(size_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  size_t offset = 0;
  auto place = live_.begin();
  // First fit: the lowest gap that is large enough.
  for (; place != live_.end() && blocks_[*place].offset - offset < bytes; ++place) {
    offset = blocks_[*place].offset + blocks_[*place].bytes;
  }
  const int id = static_cast<int>(blocks_.size());
  live_.insert(place, id);
  blocks_.push_back({offset, bytes, 1, -1});
  size_ = std::max(size_, offset + bytes);
  return id;
}

int Arena::acquireWithin(int block, size_t offset) {
  retain(block);
  blocks_.push_back({blocks_[block].offset + offset, 0, 1, block});
  return static_cast<int>(blocks_.size()) - 1;
}

void Arena::release(int block) {
  if (--blocks_[block].references > 0) return;
  if (blocks_[block].within >= 0) return release(blocks_[block].within);
  live_.erase(std::find(live_.begin(), live_.end(), block));
}

}  // namespace evensr
