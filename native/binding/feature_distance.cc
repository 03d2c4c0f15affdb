// createFeatureDistance, and the class of what it makes (src/native/feature-distance.ts).
#include "nn/feature_distance.h"

#include <utility>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/network_spec.h"
#include "parallel.h"

namespace evensr {
namespace {

constexpr int64_t kMaxSide = 1 << 15;

class NativeFeatureDistance : public Napi::ObjectWrap<NativeFeatureDistance> {
 public:
  static constexpr const char* kName = "NativeFeatureDistance";

  static void define(Napi::Env env) {
    const auto constructor =
        DefineClass(env, kName,
                    {InstanceMethod<&NativeFeatureDistance::measure>("measure"),
                     InstanceMethod<&NativeFeatureDistance::dispose>("dispose")});
    AddonData::of(env).constructors[kName] = Napi::Persistent(constructor);
  }

  static Napi::Value create(Napi::Env env, std::shared_ptr<FeatureDistance> distance) {
    const Napi::Object object = AddonData::of(env).constructors.at(kName).New({});
    Unwrap(object)->distance_ = std::move(distance);
    return object;
  }

  // From JavaScript `new` makes a disposed one; createFeatureDistance is the way to get one.
  explicit NativeFeatureDistance(const Napi::CallbackInfo& call) : ObjectWrap(call) {}

 private:
  // (a, b, {batch, height, width}) -> Float64Array
  Napi::Value measure(const Napi::CallbackInfo& call) {
    const Napi::Env env = call.Env();
    return guarded(env, [&] {
      if (!distance_) throw CodedError("E_DISPOSED", "this feature distance was disposed");
      const auto object = objectValue(call[2], "shape");
      const auto side = [&](const char* name) {
        return static_cast<int>(integerBetween(object.Get(name), 1, kMaxSide, name));
      };
      const Shape shape{side("batch"), 3, side("height"), side("width")};
      auto a = float32Array(call[0], "a"), b = float32Array(call[1], "b");
      if (a.size() != shape.elements() || b.size() != shape.elements()) {
        throw CodedError("E_SHAPE", "a and b must fill their shape");
      }
      return runAsync<std::vector<double>>(
          env, LaneId::network,
          [distance = distance_, shape, a = std::move(a), b = std::move(b)] {
            return distance->measure(shape, a.data(), b.data());
          },
          [](Napi::Env e, std::vector<double>& found) -> Napi::Value {
            return toFloat64Array(e, found.data(), found.size());
          });
    });
  }

  void dispose(const Napi::CallbackInfo&) { distance_.reset(); }

  std::shared_ptr<FeatureDistance> distance_;
};

// ({spec, weights, threads})
Napi::Value createFeatureDistance(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto options = objectValue(call[0], "options");
    const int threads =
        static_cast<int>(integerBetween(options.Get("threads"), 0, 4096, "threads"));
    return NativeFeatureDistance::create(
        env, std::make_shared<FeatureDistance>(
                 parseNetworkSpec(env, stringValue(options.Get("spec"), "spec")),
                 createCpuNetworkBackend(threads > 0 ? threads : availableThreads()),
                 float32Array(options.Get("weights"), "weights")));
  });
}

}  // namespace

void exportFeatureDistance(Napi::Env env, Napi::Object exports) {
  NativeFeatureDistance::define(env);
  exports["createFeatureDistance"] =
      Napi::Function::New(env, createFeatureDistance, "createFeatureDistance");
}

}  // namespace evensr
