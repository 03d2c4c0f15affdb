#include "cpu/peak.h"

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"

namespace evensr {
namespace {

Napi::Value measurePeak(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const int threads = static_cast<int>(integerBetween(info[0], 1, 1024, "threads"));
    return runAsync<double>(
        info.Env(), LaneId::io, [threads] { return measureFmaPeak(threads); },
        [](Napi::Env env, double& peak) { return Napi::Number::New(env, peak); });
  });
}

}  // namespace

void exportPeak(Napi::Env env, Napi::Object exports) {
  exports["measurePeak"] = Napi::Function::New(env, measurePeak, "measurePeak");
}

}  // namespace evensr
