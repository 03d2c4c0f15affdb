#include "lane.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace evensr {

struct Lane::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> jobs;
  bool stop = false;
  std::thread thread;

  void serve() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stop || !jobs.empty(); });
      if (stop) return;
      std::function<void()> job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
    }
  }
};

Lane::Lane() : state_(std::make_unique<State>()) {}

Lane::~Lane() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

void Lane::post(std::function<void()> job) {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    // First the thread: when the system refuses it, the job must not stay behind.
    if (!state_->thread.joinable()) {
      state_->thread = std::thread([state = state_.get()] { state->serve(); });
    }
    state_->jobs.push_back(std::move(job));
  }
  state_->wake.notify_one();
}

}  // namespace evensr
