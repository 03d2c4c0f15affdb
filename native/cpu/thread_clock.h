// Time that all threads together spend in some part of an operator.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace evensr {

class ThreadClock {
 public:
  using Start = std::chrono::steady_clock::time_point;
  static Start start() { return std::chrono::steady_clock::now(); }
  // Costs some tens of nanoseconds: for parts that take a thousand times as long.
  void addSince(Start start) {
    const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - start;
    nanoseconds_.fetch_add(time.count(), std::memory_order_relaxed);
  }
  double take() { return static_cast<double>(nanoseconds_.exchange(0)); }

 private:
  std::atomic<int64_t> nanoseconds_{0};
};

}  // namespace evensr
