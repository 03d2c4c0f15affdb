// Exports that only tests use: the names of the operators, and batches from given pixels.
#include <utility>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/native_batch.h"
#include "nn/ops.h"

namespace evensr {
namespace {

constexpr int kMaxSide = 1 << 15;

Napi::Value opNames(const Napi::CallbackInfo& call) {
  auto names = Napi::Array::New(call.Env());
  for (const Op& op : opTable()) names.Set(names.Length(), Napi::String::New(call.Env(), op.name));
  return names;
}

FloatArray filled(const Napi::Value& value, const char* what, size_t count) {
  const std::vector<float> values = float32Array(value, what);
  if (values.size() != count) {
    throw CodedError("E_SHAPE", std::string(what) + " does not fill its shape");
  }
  FloatArray array(count);
  std::copy(values.begin(), values.end(), array.data());
  return array;
}

// (lq, gt, {batch, height, width, scale}, plainGt?) -> NativeBatch; height and width of lq.
Napi::Value makeBatch(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto shape = objectValue(call[2], "shape");
    const auto side = [&](const char* name) {
      return static_cast<int>(integerBetween(shape.Get(name), 1, kMaxSide, name));
    };
    auto batch = std::make_shared<BatchData>(AddonData::of(call.Env()).floats);
    const int scale = side("scale");
    batch->batch = side("batch");
    batch->lqHeight = side("height");
    batch->lqWidth = side("width");
    batch->gtHeight = batch->lqHeight * scale;
    batch->gtWidth = batch->lqWidth * scale;
    const size_t pixels = size_t{3} * batch->batch * batch->lqHeight * batch->lqWidth;
    batch->lq = filled(call[0], "lq", pixels);
    batch->gt = filled(call[1], "gt", pixels * scale * scale);
    if (!call[3].IsUndefined()) batch->plainGt = filled(call[3], "plainGt", pixels * scale * scale);
    return NativeBatch::create(env, std::move(batch));
  });
}

}  // namespace

void exportNetworkOps(Napi::Env env, Napi::Object exports) {
  exports["_networkOps"] = Napi::Function::New(env, opNames, "_networkOps");
  exports["_makeBatch"] = Napi::Function::New(env, makeBatch, "_makeBatch");
}

}  // namespace evensr
