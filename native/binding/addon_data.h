// What one load of the addon owns: its lanes, its thread pool, and the way back to JavaScript.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "binding/napi_setup.h"
#include "float_pool.h"
#include "lane.h"
#include "parallel.h"

namespace evensr {

class DegradeWorkers;
class DeviceDegraders;

// Jobs of one lane run in order; lanes run beside each other.
enum class LaneId { network, degrade, io };

class AddonData {
 public:
  explicit AddonData(Napi::Env env);
  ~AddonData();
  static AddonData& of(Napi::Env env);

  Lane& lane(LaneId id) { return *lanes_[static_cast<size_t>(id)]; }

  // What degrades images; jobs on the degrade lane use it too and wait for it.
  ThreadPool& pool() { return *pool_; }
  // Scratch of that pool's workers.
  const std::unique_ptr<DegradeWorkers> degradeWorkers;
  // GPUs that degrade.
  const std::unique_ptr<DeviceDegraders> deviceDegraders;
  // Memory of batches; they may outlive this.
  const std::shared_ptr<FloatPool> floats = std::make_shared<FloatPool>();

  // True when this environment is going away: long loops poll it and stop.
  const std::atomic<bool>& aborted() const { return aborted_; }

  // Runs `settle` on the JavaScript thread. Callable from any thread. When the environment is gone
  // `settle` is destroyed unused.
  void post(std::function<void(Napi::Env)> settle);
  // Keeps the event loop alive while promises are pending. JavaScript thread only.
  void pendingStarted(Napi::Env env);
  void pendingSettled(Napi::Env env);

  // Constructors of the exported classes by name.
  std::unordered_map<std::string, Napi::FunctionReference> constructors;

 private:
  static void callJs(napi_env env, napi_value, void*, void* data);
  void shutDown();

  std::array<std::unique_ptr<Lane>, 3> lanes_;
  std::unique_ptr<ThreadPool> pool_;
  std::atomic<bool> aborted_{false};
  napi_threadsafe_function tsfn_ = nullptr;
  int pending_ = 0;
};

}  // namespace evensr
