// One OS thread that runs native jobs in the order in which they were posted.
//
// Long work never runs on libuv's pool: four blocked workers there would stall files, DNS and image
// decoding, and OpenMP would build a team for each of them.
#pragma once

#include <functional>
#include <memory>

namespace evensr {

class Lane {
 public:
  Lane();
  // Drops the jobs that have not started, waits for the running one.
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // `job` must not throw.
  void post(std::function<void()> job);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evensr
