// Keeps freed arrays for the next one of the same size: batches follow each other in equal sizes,
// and fresh memory costs a page fault every 4 KB.
#pragma once

#include <mutex>
#include <vector>

#include "tensor.h"

namespace evensr {

class FloatPool {
 public:
  FloatArray take(size_t count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = kept_.begin(); it != kept_.end(); ++it) {
      if (it->size() != count) continue;
      FloatArray found = std::move(*it);
      kept_.erase(it);
      return found;
    }
    return FloatArray(count);
  }

  void give(FloatArray array) {
    if (array.size() == 0) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (kept_.size() == kMostKept) kept_.erase(kept_.begin());
    kept_.push_back(std::move(array));
  }

 private:
  static constexpr size_t kMostKept = 6;
  std::mutex mutex_;
  std::vector<FloatArray> kept_;
};

}  // namespace evensr
