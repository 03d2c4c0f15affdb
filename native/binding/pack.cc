#include <cmath>
#include <utility>
#include <vector>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/native_pack.h"

namespace evensr {
namespace {

constexpr double kMaxOffset = 9007199254740991.0;  // 2^53 - 1
constexpr double kMaxSide = 1 << 20;

bool wholeWithin(double value, double low, double high) {
  return value >= low && value <= high && value == std::floor(value);
}

std::vector<PackedImage> packedImages(const std::vector<double>& numbers) {
  if (numbers.size() % 3 != 0) {
    throw CodedError("E_SHAPE", "images must hold three numbers an image, received " +
                                    std::to_string(numbers.size()));
  }
  std::vector<PackedImage> images;
  for (size_t i = 0; i < numbers.size(); i += 3) {
    const double offset = numbers[i], height = numbers[i + 1], width = numbers[i + 2];
    if (!wholeWithin(offset, 0, kMaxOffset) || !wholeWithin(height, 1, kMaxSide) ||
        !wholeWithin(width, 1, kMaxSide)) {
      throw CodedError("E_PACK", "image " + std::to_string(i / 3) +
                                     ": offset, height and width must be whole numbers in range");
    }
    images.push_back(
        {static_cast<uint64_t>(offset), static_cast<int>(height), static_cast<int>(width)});
  }
  return images;
}

Napi::Value openPack(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&]() -> Napi::Value {
    const std::string path = stringValue(call[0], "path");
    std::vector<PackedImage> images = packedImages(float64Array(call[1], "images"));
    if (path.find('\0') != std::string::npos) {
      throw CodedError("E_PACK", "the path of a pack cannot hold a zero byte");
    }
    return NativePack::create(env, std::make_shared<const PackFile>(path, std::move(images)));
  });
}

}  // namespace

void NativePack::define(Napi::Env env) {
  const auto constructor = DefineClass(env, kName,
                                       {InstanceAccessor<&NativePack::count>("count"),
                                        InstanceMethod<&NativePack::dispose>("dispose")});
  AddonData::of(env).constructors[kName] = Napi::Persistent(constructor);
}

Napi::Value NativePack::create(Napi::Env env, std::shared_ptr<const PackFile> file) {
  const Napi::Object object = AddonData::of(env).constructors.at(kName).New({});
  Unwrap(object)->file_ = std::move(file);
  return object;
}

NativePack::NativePack(const Napi::CallbackInfo& call) : ObjectWrap(call) {
  napi_type_tag_object(call.Env(), call.This(), &kTag);
}

std::shared_ptr<const PackFile> NativePack::file() const {
  if (!file_) throw CodedError("E_DISPOSED", "this pack was disposed");
  return file_;
}

Napi::Value NativePack::count(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(call.Env(), static_cast<double>(file()->images().size()));
  });
}

void NativePack::dispose(const Napi::CallbackInfo&) { file_.reset(); }

void exportPack(Napi::Env env, Napi::Object exports) {
  NativePack::define(env);
  exports["openPack"] = Napi::Function::New(env, openPack, "openPack");
}

}  // namespace evensr
