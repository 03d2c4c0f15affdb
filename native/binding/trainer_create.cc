// createTrainer: from plain options to a NativeTrainer.
#include <optional>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/gan_type.h"
#include "binding/native_trainer.h"
#include "binding/network_spec.h"
#include "cuda_plugin.h"
#include "parallel.h"

namespace evensr {
namespace {

double orElse(const Napi::Value& value, double otherwise, double low, double high,
              const char* what) {
  return value.IsUndefined() ? otherwise : numberBetween(value, low, high, what);
}

bool flagOr(bool otherwise, const Napi::Value& value, const char* what) {
  return value.IsUndefined() ? otherwise : booleanValue(value, what);
}

TrainerOptions trainerOptions(const Napi::Object& options) {
  TrainerOptions result;
  const auto loss = objectValue(options.Get("loss"), "loss");
  result.loss = oneOf<LossType>(
      loss.Get("type"), "loss.type",
      {{"l1", LossType::l1}, {"l2", LossType::l2}, {"charbonnier", LossType::charbonnier}});
  result.lossEpsilon = numberBetween(loss.Get("epsilon"), 0, 1, "loss.epsilon");
  result.lossGtUsm = flagOr(result.lossGtUsm, loss.Get("gtUsm"), "loss.gtUsm");
  result.lossWeight = orElse(loss.Get("weight"), 1, 0, 1e6, "loss.weight");
  const Napi::Value perceptual = options.Get("perceptual");
  if (!perceptual.IsUndefined()) {
    const auto object = objectValue(perceptual, "perceptual");
    result.perceptualWeight = numberBetween(object.Get("weight"), 0, 1e6, "perceptual.weight");
    result.perceptualGtUsm =
        flagOr(result.perceptualGtUsm, object.Get("gtUsm"), "perceptual.gtUsm");
  }
  const Napi::Value gan = options.Get("gan");
  if (!gan.IsUndefined()) {
    const auto object = objectValue(gan, "gan");
    result.gan = ganType(object.Get("type"), "gan.type");
    result.ganWeight = numberBetween(object.Get("weight"), 0, 1e6, "gan.weight");
    result.ganGtUsm = flagOr(result.ganGtUsm, object.Get("gtUsm"), "gan.gtUsm");
  }
  result.estimateWeight = orElse(options.Get("estimateWeight"), 0, 0, 1e6, "estimateWeight");
  const auto optimizer = objectValue(options.Get("optimizer"), "optimizer");
  result.beta1 = numberBetween(optimizer.Get("beta1"), 0, 1, "optimizer.beta1");
  result.beta2 = numberBetween(optimizer.Get("beta2"), 0, 1, "optimizer.beta2");
  result.epsilon = numberBetween(optimizer.Get("epsilon"), 0, 1, "optimizer.epsilon");
  result.weightDecay = numberBetween(optimizer.Get("weightDecay"), 0, 1e6, "optimizer.weightDecay");
  result.clipNorm = orElse(options.Get("clipNorm"), 0, 0, 1e9, "clipNorm");
  result.profile = flagOr(false, options.Get("profile"), "profile");
  result.inference = flagOr(false, options.Get("inference"), "inference");
  result.emaDecay = numberBetween(options.Get("emaDecay"), 0, 1, "emaDecay");
  return result;
}

std::unique_ptr<NetworkBackend> createBackend(const Napi::Object& options) {
  const std::string device = stringValue(options.Get("device"), "device");
  const int threads = static_cast<int>(integerBetween(options.Get("threads"), 0, 4096, "threads"));
  const Napi::Value wanted = options.Get("precision");
  const Precision precision =
      wanted.IsUndefined()
          ? Precision::float32
          : oneOf<Precision>(wanted, "precision",
                             {{"float32", Precision::float32}, {"bfloat16", Precision::bfloat16}});
  if (device == "cpu") {
    return createCpuNetworkBackend(threads > 0 ? threads : availableThreads(), precision);
  }
  const CudaTarget target = openCudaDevice(device);
  return target.api->networkBackend(target.device, precision);
}

std::vector<float> buffersOf(const Napi::Object& options) {
  const Napi::Value buffers = options.Get("buffers");
  return buffers.IsUndefined() ? std::vector<float>() : float32Array(buffers, "buffers");
}

std::optional<PerceptualOptions> perceptualOptions(Napi::Env env, const Napi::Object& options) {
  const Napi::Value value = options.Get("perceptual");
  if (value.IsUndefined()) return std::nullopt;
  const auto object = objectValue(value, "perceptual");
  PerceptualOptions result;
  result.features = parseNetworkSpec(env, stringValue(object.Get("spec"), "perceptual.spec"));
  result.weights = float32Array(object.Get("weights"), "perceptual.weights");
  result.layerWeights = float64Array(object.Get("layerWeights"), "perceptual.layerWeights");
  return result;
}

Napi::Value createTrainer(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto options = objectValue(call[0], "options");
    return NativeTrainer::create(
        env, std::make_shared<SharedTrainer>(
                 parseNetworkSpec(env, stringValue(options.Get("spec"), "spec")),
                 trainerOptions(options), createBackend(options),
                 float32Array(options.Get("weights"), "weights"), buffersOf(options),
                 perceptualOptions(env, options)));
  });
}

}  // namespace

void exportTrainer(Napi::Env env, Napi::Object exports) {
  NativeTrainer::define(env);
  exports["createTrainer"] = Napi::Function::New(env, createTrainer, "createTrainer");
}

}  // namespace evensr
