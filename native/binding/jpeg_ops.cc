// Test-only export: JPEG on one image.
#include <vector>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "cpu/operators.h"

namespace evensr {

namespace {

// (image Float32Array (3, H, W), height, width, quality) -> the image after DiffJPEG
Napi::Value jpegDiff(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    std::vector<float> pixels = float32Array(info[0], "image");
    const auto height = static_cast<int>(integerBetween(info[1], 1, 1 << 15, "height"));
    const auto width = static_cast<int>(integerBetween(info[2], 1, 1 << 15, "width"));
    const ImageView image{pixels.data(), 3, height, width};
    if (image.size() != pixels.size())
      throw CodedError("E_SHAPE", "image is not 3 x height x width");
    Scratch scratch;
    cpu::jpegDiff(image, finiteNumber(info[3], "quality"), scratch);
    return toFloat32Array(info.Env(), pixels.data(), pixels.size());
  });
}

}  // namespace

void exportJpegOps(Napi::Env env, Napi::Object exports) {
  exports.Set("_jpegDiff", Napi::Function::New(env, jpegDiff));
}

}  // namespace evensr
