#include "binding/addon_data.h"

#include <utility>

#include "binding/degrade_worker.h"
#include "binding/device_degrader.h"

namespace evensr {

using Settle = std::function<void(Napi::Env)>;

AddonData::AddonData(Napi::Env env)
    : degradeWorkers(std::make_unique<DegradeWorkers>()),
      deviceDegraders(std::make_unique<DeviceDegraders>()),
      pool_(std::make_unique<ThreadPool>()) {
  for (auto& lane : lanes_) lane = std::make_unique<Lane>();
  napi_value name;
  napi_create_string_utf8(env, "evensr", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                  callJs, &tsfn_);
  napi_unref_threadsafe_function(env, tsfn_);
  // Registered after the function above, so it runs before Node takes that function away.
  napi_add_env_cleanup_hook(
      env, [](void* self) { static_cast<AddonData*>(self)->shutDown(); }, this);
}

AddonData::~AddonData() = default;

AddonData& AddonData::of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

void AddonData::shutDown() {
  aborted_ = true;
  for (auto& lane : lanes_) lane.reset();
  pool_.reset();
}

void AddonData::post(Settle settle) {
  auto* data = new Settle(std::move(settle));
  if (napi_call_threadsafe_function(tsfn_, data, napi_tsfn_nonblocking) != napi_ok) delete data;
}

void AddonData::pendingStarted(Napi::Env env) {
  if (pending_++ == 0) napi_ref_threadsafe_function(env, tsfn_);
}

void AddonData::pendingSettled(Napi::Env env) {
  if (--pending_ == 0) napi_unref_threadsafe_function(env, tsfn_);
}

void AddonData::callJs(napi_env env, napi_value, void*, void* data) {
  const std::unique_ptr<Settle> settle(static_cast<Settle*>(data));
  if (!env) return;
  const Napi::HandleScope scope(env);
  try {
    (*settle)(Napi::Env(env));
  } catch (const Napi::Error&) {
    // No JavaScript can run any more: the worker is being terminated and nobody waits for the
    // promise.
  }
}

}  // namespace evensr
