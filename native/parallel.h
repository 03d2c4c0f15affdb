// The one thread pool of the native core (the network lane has a team of its own).
#pragma once

#include <exception>
#include <functional>
#include <memory>

namespace evensr {

// Works are done in the order in which they were posted. A thread for which the oldest has nothing
// left begins the next one, so that no thread waits for another at the end of each.
class ThreadPool {
 public:
  // `worker` is the index of a scratch space: no two bodies that run at the same time have the
  // same.
  using Body = std::function<void(int index, int worker)>;
  // `error` is null when every body returned.
  using Done = std::function<void(std::exception_ptr error)>;

  ThreadPool();
  // Drops what has not begun, waits for the bodies that run.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Has body(i, worker) called once for every i in [0, count), count >= 1, each on one thread, and
  // then done() on the last of these threads. An index begins only while fewer than `threads`
  // bodies run, those of older works too; worker is in [0, threads). The first exception of a body
  // is what done() gets; the indices that have not begun are then left out. done() must not throw.
  // Throws when the system refuses a thread; nothing is posted then.
  void post(int count, int threads, Body body, Done done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A number of threads of a pool, for callers that wait.
class ThreadTeam {
 public:
  ThreadTeam(ThreadPool& pool, int threads) : pool_(&pool), threads_(threads) {}

  int threads() const { return threads_; }

  // Returns when all are done; throws what the first body threw. Not for bodies of the pool itself.
  void forEach(int count, const ThreadPool::Body& body) const;

 private:
  ThreadPool* pool_;
  int threads_;
};

// Logical CPUs this process may use (respects taskset and cgroup cpusets).
int availableThreads();

}  // namespace evensr
