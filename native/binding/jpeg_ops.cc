// Test-only exports: JPEG on one image.
#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/image_argument.h"
#include "cpu/operators.h"

namespace evensr {

namespace {

// (image Float32Array (3, H, W), height, width, …): runs `coder(image, scratch)` on a copy.
template <class Coder>
Napi::Value coded(const Napi::CallbackInfo& info, Coder coder) {
  return guarded(info.Env(), [&] {
    const ImageArgument image(info, 3);
    Scratch scratch;
    coder(image.view, scratch);
    return toFloat32Array(info.Env(), image.values.data(), image.values.size());
  });
}

// …, quality
Napi::Value jpegDiff(const Napi::CallbackInfo& info) {
  return coded(info, [&](ImageView image, Scratch& scratch) {
    cpu::jpegDiff(image, finiteNumber(info[3], "quality"), scratch);
  });
}

// …, quality, '4:2:0' or '4:4:4'
Napi::Value jpegLibjpeg(const Napi::CallbackInfo& info) {
  return coded(info, [&](ImageView image, Scratch& scratch) {
    const auto quality = static_cast<int>(integerBetween(info[3], -1000, 1000, "quality"));
    const bool full = stringValue(info[4], "subsampling") == "4:4:4";
    cpu::jpegLibjpeg(image, quality, full ? Subsampling::yuv444 : Subsampling::yuv420, scratch);
  });
}

}  // namespace

void exportJpegOps(Napi::Env env, Napi::Object exports) {
  exports.Set("_jpegDiff", Napi::Function::New(env, jpegDiff));
  exports.Set("_jpegLibjpeg", Napi::Function::New(env, jpegLibjpeg));
}

}  // namespace evensr
