// What a checkpoint keeps of a NativeTrainer, and how it is laid out.
#include "binding/async.h"
#include "binding/decode.h"
#include "binding/native_trainer.h"

namespace evensr {
namespace {

StateBlock stateBlock(const Napi::Value& value) {
  return oneOf<StateBlock>(value, "block",
                           {{"params", StateBlock::weights},
                            {"ema", StateBlock::ema},
                            {"m", StateBlock::m},
                            {"v", StateBlock::v}});
}

// One entry of a list of tensors in a flat block.
void append(Napi::Array list, const std::string& name, const std::vector<int>& shape,
            const TensorRange& range) {
  auto sizes = Napi::Array::New(list.Env());
  for (const int size : shape) sizes.Set(sizes.Length(), size);
  auto tensor = Napi::Object::New(list.Env());
  tensor["name"] = name;
  tensor["shape"] = sizes;
  tensor["offset"] = static_cast<double>(range.offset);
  list.Set(list.Length(), tensor);
}

}  // namespace

Napi::Value NativeTrainer::tensors(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto owner = shared();
    const Graph& graph = owner->trainer.graph();
    auto list = Napi::Array::New(env);
    for (size_t i = 0; i < graph.parameters().size(); i++) {
      append(list, graph.parameters()[i].name, graph.parameters()[i].shape, graph.ranges()[i]);
    }
    return list;
  });
}

Napi::Value NativeTrainer::buffers(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto owner = shared();
    const Graph& graph = owner->trainer.graph();
    auto list = Napi::Array::New(env);
    for (size_t i = 0; i < graph.buffers().size(); i++) {
      const BufferSpec& buffer = graph.buffers()[i];
      append(list, buffer.name, {buffer.length}, graph.bufferRanges()[i]);
    }
    return list;
  });
}

Napi::Value NativeTrainer::getState(const Napi::CallbackInfo& call) {
  return guarded(call.Env(),
                 [&] { return toFloat32Array(call.Env(), idle().getState(stateBlock(call[0]))); });
}

void NativeTrainer::setState(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    idle().setState(stateBlock(call[0]), float32Array(call[1], "values"));
    return call.Env().Undefined();
  });
}

Napi::Value NativeTrainer::getBuffers(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] { return toFloat32Array(call.Env(), idle().getBuffers()); });
}

void NativeTrainer::setBuffers(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    idle().setBuffers(float32Array(call[0], "values"));
    return call.Env().Undefined();
  });
}

void NativeTrainer::setStepCount(const Napi::CallbackInfo& call) {
  guarded(call.Env(), [&] {
    idle().setStepCount(integerBetween(call[0], 0, int64_t{1} << 53, "count"));
    return call.Env().Undefined();
  });
}

}  // namespace evensr
