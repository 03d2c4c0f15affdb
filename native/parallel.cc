#include "parallel.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace evensr {
namespace {

// What tools that list threads show.
void setName(std::thread& thread) {
#ifdef __linux__
  pthread_setname_np(thread.native_handle(), "evensr-pool");
#else
  (void)thread;
#endif
}

struct Work {
  int count;
  int threads;
  ThreadPool::Body body;
  ThreadPool::Done done;
  int next = 0;     // index that has not begun
  int running = 0;  // bodies
  std::exception_ptr error;
};

}  // namespace

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::shared_ptr<Work>> works;  // those that have an index left
  std::vector<std::thread> threads;
  std::vector<bool> busy;  // by worker
  int running = 0;
  bool stop = false;

  bool mayBegin() const { return !works.empty() && running < works.front()->threads; }

  int freeWorker() {
    const auto free = std::find(busy.begin(), busy.end(), false);
    *free = true;
    return static_cast<int>(free - busy.begin());
  }

  size_t bodiesLeft() const {
    size_t left = running;
    for (const auto& work : works) left += work->count - work->next;
    return left;
  }

  void grow(size_t wanted) {
    while (threads.size() < wanted) {
      busy.resize(threads.size() + 1);
      setName(threads.emplace_back([this] { serve(); }));
    }
  }

  // The limit of the new front may be a higher one, for which others wait.
  void popFront() {
    works.pop_front();
    wake.notify_all();
  }

  void fail(Work& work, std::exception_ptr error) {
    if (!work.error) work.error = std::move(error);
    if (work.next == work.count) return;
    work.next = work.count;
    works.erase(std::find_if(works.begin(), works.end(),
                             [&](const auto& one) { return one.get() == &work; }));
    wake.notify_all();
  }

  // One index of the oldest work. The lock is held at the beginning and at the end.
  void runNext(std::unique_lock<std::mutex>& lock) {
    const std::shared_ptr<Work> work = works.front();
    const int index = work->next++;
    if (work->next == work->count) popFront();
    work->running++;
    running++;
    const int worker = freeWorker();
    lock.unlock();
    std::exception_ptr error;
    try {
      work->body(index, worker);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error) fail(*work, error);
    // Before done(): whoever hears of it and posts the next work finds this thread free.
    busy[worker] = false;
    running--;
    if (--work->running > 0 || work->next < work->count) return;
    lock.unlock();
    work->done(work->error);
    lock.lock();
  }

  void serve() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stop || mayBegin(); });
      if (stop) return;
      runNext(lock);
    }
  }
};

ThreadPool::ThreadPool() : state_(std::make_unique<State>()) {}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  for (auto& thread : state_->threads) thread.join();
}

void ThreadPool::post(int count, int threads, Body body, Done done) {
  State& s = *state_;
  auto work = std::make_shared<Work>();
  work->count = count;
  work->threads = threads;
  work->body = std::move(body);
  work->done = std::move(done);
  {
    const std::lock_guard<std::mutex> lock(s.mutex);
    s.grow(std::min<size_t>(threads, s.bodiesLeft() + count));
    s.works.push_back(std::move(work));
  }
  if (count == 1) return s.wake.notify_one();
  s.wake.notify_all();
}

void ThreadTeam::forEach(int count, const ThreadPool::Body& body) const {
  if (count < 1) return;
  if (count == 1) return body(0, 0);  // not worth a thread that wakes and one that sleeps
  const auto finished = std::make_shared<std::promise<void>>();
  pool_->post(count, threads_, body, [finished](std::exception_ptr error) {
    if (error) return finished->set_exception(std::move(error));
    finished->set_value();
  });
  finished->get_future().get();
}

int availableThreads() {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace evensr
