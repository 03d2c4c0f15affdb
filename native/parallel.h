// The one thread pool of the native core (the network lane has a team of its own).
#pragma once

#include <functional>
#include <memory>

namespace evensr {

class ThreadPool {
 public:
  // `threads` counts the calling thread; 1 means that everything runs in the caller.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls body(i, worker) once for every i in [0, count), each index on one thread, and returns
  // when all are done. `worker` is in [0, threads()): the index of a scratch space. The first
  // exception thrown by a body is rethrown here; the remaining indices are then skipped. One caller
  // at a time.
  void forEach(int count, const std::function<void(int index, int worker)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Logical CPUs this process may use (respects taskset and cgroup cpusets).
int availableThreads();

}  // namespace evensr
