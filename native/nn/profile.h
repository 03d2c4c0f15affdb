// Where the time of training steps and pictures goes.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace evensr {

// Nanoseconds by operation: the operators of networks by their names, and `sum` of gradients,
// `loss`, `optimizer`, `spectralNorm`; `whole` is all of it with what has no name.
using Profile = std::map<std::string, double>;

// Adds the time until it goes out of scope to an operation. Does nothing without a profile.
class Stopwatch {
 public:
  Stopwatch(Profile* profile, const char* operation) : profile_(profile), operation_(operation) {
    if (profile_) start_ = Clock::now();
  }
  ~Stopwatch() {
    if (!profile_) return;
    const std::chrono::duration<double, std::nano> time = Clock::now() - start_;
    (*profile_)[operation_] += time.count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  Profile* const profile_;
  const char* const operation_;
  Clock::time_point start_;
};

}  // namespace evensr
