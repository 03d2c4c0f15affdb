// Posts many works of random sizes and limits to the thread pool and watches what it does with
// them. Prints the number of bodies that ran; ends with 1 and a line when a promise of parallel.h
// is broken.
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <vector>

#include "parallel.h"

namespace evensr {
namespace {

constexpr int kWorks = 400;
constexpr int kMostIndices = 24;
constexpr int kMostThreads = 6;

void require(bool holds, const char* what) {
  if (holds) return;
  std::printf("broken: %s\n", what);
  std::exit(1);
}

struct Watched {
  int count = 0, threads = 0, failing = -1;
  std::array<std::atomic<int>, kMostIndices> calls{};
  std::atomic<int> done{0};
};

struct Watch {
  const int limit;  // of threads, of all works; 0: each has one of its own
  std::atomic<int> running{0}, bodies{0};
  std::array<std::atomic<bool>, kMostThreads> workers{};
  std::array<long, kMostThreads> scratch{};  // unguarded: for the sanitizer
  std::mutex mutex;
  std::condition_variable finished;
  int unfinished = kWorks;

  void body(Watched& work, int index, int worker) {
    require(++running <= (limit > 0 ? limit : kMostThreads), "no more bodies than threads");
    require(worker >= 0 && worker < work.threads, "worker below threads");
    require(!workers[worker].exchange(true), "a worker's body is alone");
    scratch[worker] += index;
    work.calls[index]++;
    bodies++;
    require(work.done == 0, "done() comes last");
    workers[worker] = false;
    running--;
    if (index == work.failing) throw std::runtime_error("asked for");
  }

  void done(Watched& work, const std::exception_ptr& error) {
    require(work.done++ == 0, "done() is called once");
    require((error != nullptr) == (work.failing >= 0), "done() gets the bodies' exception");
    for (int i = 0; i < work.count; i++) {
      const int calls = work.calls[i];
      require(calls == 1 || (error && calls == 0), "each index once");
    }
    const std::lock_guard<std::mutex> lock(mutex);
    if (--unfinished == 0) finished.notify_one();
  }
};

void postAll(ThreadPool& pool, Watch& watch, std::mt19937& random) {
  const auto below = [&](int limit) { return static_cast<int>(random() % limit); };
  std::vector<std::unique_ptr<Watched>> works;
  for (int i = 0; i < kWorks; i++) {
    works.push_back(std::make_unique<Watched>());
    Watched& work = *works.back();
    work.count = 1 + below(kMostIndices);
    work.threads = watch.limit > 0 ? watch.limit : 1 + below(kMostThreads);
    if (below(5) == 0) work.failing = below(work.count);
    pool.post(
        work.count, work.threads, [&](int index, int worker) { watch.body(work, index, worker); },
        [&](std::exception_ptr error) { watch.done(work, error); });
  }
  std::unique_lock<std::mutex> lock(watch.mutex);
  watch.finished.wait(lock, [&] { return watch.unfinished == 0; });
}

void waitForTeams(ThreadPool& pool) {
  for (int threads = 1; threads <= kMostThreads; threads++) {
    const ThreadTeam team(pool, threads);
    std::vector<int> calls(100);
    team.forEach(100, [&](int index, int) { calls[index]++; });
    for (const int count : calls) require(count == 1, "forEach calls each index once");
    bool thrown = false;
    try {
      team.forEach(100, [](int index, int) {
        if (index == 50) throw std::runtime_error("asked for");
      });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    require(thrown, "forEach throws what a body threw");
  }
}

// A pool that goes away drops what has not begun.
void leaveBehind() {
  auto pool = std::make_unique<ThreadPool>();
  std::atomic<int> done{0};
  for (int i = 0; i < 50; i++) {
    pool->post(
        3, 2, [](int, int) {}, [&](std::exception_ptr) { done++; });
  }
  pool.reset();
  require(done <= 50, "done() of what was dropped is not called");
}

}  // namespace
}  // namespace evensr

int main() {
  using namespace evensr;
  std::mt19937 random(7);
  int bodies = 0;
  for (const int limit : {0, 1, 2, kMostThreads, 0}) {
    ThreadPool pool;
    Watch watch{limit};
    postAll(pool, watch, random);
    waitForTeams(pool);
    leaveBehind();
    bodies += watch.bodies;
  }
  std::printf("%d\n", bodies);
}
