// Test-only exports: single operators that other spaces than Real-ESRGAN's use.
#include <vector>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/image_argument.h"
#include "cpu/operators.h"

namespace evensr {
namespace {

constexpr int kMaxSide = 1 << 12;

// _resizeAs(image, height, width, outHeight, outWidth, mode, scale) -> the resized image; `mode` is
// a ResizeMode from cvArea on.
Napi::Value resizeAs(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const ImageArgument in(call);
    const int height = static_cast<int>(integerBetween(call[3], 1, kMaxSide, "outHeight"));
    const int width = static_cast<int>(integerBetween(call[4], 1, kMaxSide, "outWidth"));
    const auto mode = static_cast<ResizeMode>(integerBetween(call[5], 3, 7, "mode"));
    const double scale = finiteNumber(call[6], "scale");
    std::vector<float> out(static_cast<size_t>(in.view.channels) * height * width);
    const ResizeJob job{in.view, {out.data(), in.view.channels, height, width}, mode, scale};
    Scratch scratch;
    if (mode == ResizeMode::decimate) {
      cpu::decimate(job);
    } else if (mode == ResizeMode::matlabBicubic) {
      cpu::resizeMatlab(job, scratch);
    } else {
      cpu::resizeOpencv(job, scratch);
    }
    return toFloat32Array(call.Env(), out.data(), out.size());
  });
}

}  // namespace

void exportSpaceOps(Napi::Env env, Napi::Object exports) {
  exports["_resizeAs"] = Napi::Function::New(env, resizeAs, "_resizeAs");
}

}  // namespace evensr
