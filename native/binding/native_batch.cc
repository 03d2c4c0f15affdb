#include "binding/native_batch.h"

#include <utility>

#include "binding/async.h"
#include "binding/decode.h"

namespace evensr {
namespace {

int64_t bytesOf(const BatchData& data) {
  return static_cast<int64_t>((data.gt.size() + data.lq.size() + data.plainGt.size()) *
                              sizeof(float));
}

}  // namespace

void NativeBatch::define(Napi::Env env) {
  const auto constructor =
      DefineClass(env, kName,
                  {InstanceAccessor<&NativeBatch::number<&BatchData::batch>>("size"),
                   InstanceAccessor<&NativeBatch::number<&BatchData::gtHeight>>("gtHeight"),
                   InstanceAccessor<&NativeBatch::number<&BatchData::gtWidth>>("gtWidth"),
                   InstanceAccessor<&NativeBatch::number<&BatchData::lqHeight>>("lqHeight"),
                   InstanceAccessor<&NativeBatch::number<&BatchData::lqWidth>>("lqWidth"),
                   InstanceAccessor<&NativeBatch::milliseconds>("milliseconds"),
                   InstanceAccessor<&NativeBatch::profile>("profile"),
                   InstanceMethod<&NativeBatch::copy<&BatchData::gt>>("gt"),
                   InstanceMethod<&NativeBatch::copy<&BatchData::lq>>("lq"),
                   InstanceMethod<&NativeBatch::copy<&BatchData::plainGt>>("plainGt"),
                   InstanceMethod<&NativeBatch::dispose>("dispose")});
  AddonData::of(env).constructors[kName] = Napi::Persistent(constructor);
}

// V8 is told of the memory: it would otherwise see a small object and collect it far too late.
Napi::Value NativeBatch::create(Napi::Env env, std::shared_ptr<const BatchData> data) {
  const Napi::Object object = AddonData::of(env).constructors.at(kName).New({});
  Napi::MemoryManagement::AdjustExternalMemory(env, bytesOf(*data));
  Unwrap(object)->data_ = std::move(data);
  return object;
}

NativeBatch::NativeBatch(const Napi::CallbackInfo& call) : ObjectWrap(call) {
  napi_type_tag_object(call.Env(), call.This(), &kTag);
}

NativeBatch::~NativeBatch() { release(); }

void NativeBatch::release() {
  if (!data_) return;
  int64_t now = 0;
  napi_adjust_external_memory(Env(), -bytesOf(*data_), &now);
  data_.reset();
}

std::shared_ptr<const BatchData> NativeBatch::data() const {
  if (!data_) throw CodedError("E_DISPOSED", "this batch was disposed");
  return data_;
}

template <int BatchData::*member>
Napi::Value NativeBatch::number(const Napi::CallbackInfo& call) {
  return guarded(call.Env(),
                 [&]() -> Napi::Value { return Napi::Number::New(call.Env(), (*data()).*member); });
}

Napi::Value NativeBatch::milliseconds(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(call.Env(), data()->milliseconds);
  });
}

Napi::Value NativeBatch::profile(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const Napi::Env env = call.Env();
    auto list = Napi::Array::New(env);
    for (const auto& [name, entry] : data()->profile) {
      auto line = Napi::Object::New(env);
      line["operator"] = name;
      line["nanoseconds"] = entry.nanoseconds;
      line["calls"] = entry.calls;
      line["flop"] = entry.flop;
      line["bytes"] = entry.bytes;
      list.Set(list.Length(), line);
    }
    return list;
  });
}

template <FloatArray BatchData::*member>
Napi::Value NativeBatch::copy(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const FloatArray& values = (*data()).*member;
    return toFloat32Array(call.Env(), values.data(), values.size());
  });
}

void NativeBatch::dispose(const Napi::CallbackInfo&) { release(); }

}  // namespace evensr
