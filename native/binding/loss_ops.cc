// Exports that only tests use: the losses of adversarial training, on given values.
#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/gan_type.h"
#include "binding/network_spec.h"
#include "nn/perceptual.h"

namespace evensr {
namespace {

constexpr int kMaxSide = 1 << 15;
constexpr int kThreads = 2;

// An activation that owns its memory.
class Buffer {
 public:
  Buffer(NetworkBackend& backend, const Shape& shape)
      : memory_(backend.allocate(backend.activationBytes(shape))),
        activation_{shape, memory_->data()} {}
  Buffer(NetworkBackend& backend, const Shape& shape, const Napi::Value& planar, const char* what)
      : Buffer(backend, shape) {
    const auto values = float32Array(planar, what);
    if (values.size() != shape.elements()) {
      throw CodedError("E_SHAPE", std::string(what) + " does not fill its shape");
    }
    backend.fromPlanar(values.data(), activation_);
  }
  const Activation& get() const { return activation_; }

 private:
  std::unique_ptr<DeviceMemory> memory_;
  Activation activation_;
};

Shape shapeOf(const Napi::Value& value, int channels) {
  const auto shape = objectValue(value, "shape");
  const auto side = [&](const char* name) {
    return static_cast<int>(integerBetween(shape.Get(name), 1, kMaxSide, name));
  };
  return {side("batch"), channels, side("height"), side("width")};
}

std::vector<double> weightsOf(const Napi::Value& value, const Shape& shape) {
  const auto weights = float64Array(value, "sampleWeights");
  if (weights.size() != static_cast<size_t>(shape.n)) {
    throw CodedError("E_SHAPE", "there is not one weight a sample");
  }
  return weights;
}

Napi::Value outcome(Napi::Env env, NetworkBackend& backend, const std::vector<double>& losses,
                    const Activation& gradient) {
  std::vector<float> planar(gradient.shape.elements());
  backend.toPlanar(gradient, planar.data());
  auto result = Napi::Object::New(env);
  result["losses"] = toFloat64Array(env, losses.data(), losses.size());
  result["gradient"] = toFloat32Array(env, planar.data(), planar.size());
  return result;
}

// (type, fake, real, shape, sampleWeights) -> {losses, gradient}
Napi::Value generator(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto backend = createCpuNetworkBackend(kThreads);
    backend->makeCurrent();
    const Shape shape = shapeOf(call[3], 1);
    const auto weights = weightsOf(call[4], shape);
    const Buffer fake(*backend, shape, call[1], "fake"), real(*backend, shape, call[2], "real");
    const Buffer gradient(*backend, shape);
    const GanBatch batch{*backend, ganType(call[0], "type"), weights};
    Relation relation;
    std::vector<double> realSide(shape.n, 0);
    if (batch.type == GanType::relativistic) {
      relation.realMean = backend->mean(real.get());
      relation.fakeMean = backend->mean(fake.get());
      realSide = generatorRealSide(batch, real.get(), relation.fakeMean, gradient.get());
      relation.pull = backend->mean(gradient.get());
    }
    auto losses = generatorLoss(batch, fake.get(), relation, gradient.get());
    for (int i = 0; i < shape.n; i++) losses[i] += realSide[i];
    return outcome(env, *backend, losses, gradient.get());
  });
}

// (type, logits, {real, otherMean}, shape, sampleWeights) -> {losses, gradient}
Napi::Value discriminator(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto backend = createCpuNetworkBackend(kThreads);
    backend->makeCurrent();
    const auto side = objectValue(call[2], "side");
    const Shape shape = shapeOf(call[3], 1);
    const auto weights = weightsOf(call[4], shape);
    const Buffer logits(*backend, shape, call[1], "logits"), gradient(*backend, shape);
    const auto losses =
        discriminatorLoss({*backend, ganType(call[0], "type"), weights}, logits.get(),
                          booleanValue(side.Get("real"), "real"),
                          finiteNumber(side.Get("otherMean"), "otherMean"), gradient.get());
    return outcome(env, *backend, losses, gradient.get());
  });
}

// ({spec, weights, layerWeights}, sr, gt, shape, sampleWeights) -> {losses, gradient}
Napi::Value perceptual(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto backend = createCpuNetworkBackend(kThreads);
    backend->makeCurrent();
    const auto network = objectValue(call[0], "network");
    const NetworkSpec spec = parseNetworkSpec(env, stringValue(network.Get("spec"), "spec"));
    const Shape shape = shapeOf(call[3], spec.inputChannels);
    const auto weights = weightsOf(call[4], shape);
    const auto gt = float32Array(call[2], "gt");
    const Buffer sr(*backend, shape, call[1], "sr");
    if (gt.size() != shape.elements()) throw CodedError("E_SHAPE", "gt does not fill its shape");
    PerceptualLoss loss(spec, *backend, float32Array(network.Get("weights"), "weights"),
                        float64Array(network.Get("layerWeights"), "layerWeights"),
                        std::make_shared<Workspace>());
    std::vector<double> losses;
    const Activation& gradient = loss.evaluate(sr.get(), gt.data(), weights.data(), losses);
    return outcome(env, *backend, losses, gradient);
  });
}

}  // namespace

void exportLossOps(Napi::Env env, Napi::Object exports) {
  exports["_generatorLoss"] = Napi::Function::New(env, generator, "_generatorLoss");
  exports["_discriminatorLoss"] = Napi::Function::New(env, discriminator, "_discriminatorLoss");
  exports["_perceptualLoss"] = Napi::Function::New(env, perceptual, "_perceptualLoss");
}

}  // namespace evensr
