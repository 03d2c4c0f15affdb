// Single degradation operators, for tests only (hence the underscores).
#include <vector>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/image_argument.h"
#include "cpu/operators.h"
#include "degrade/kernels.h"

namespace evensr {
namespace {

constexpr int kMaxSide = 1 << 12;

int codeOf(const Napi::Value& value, int last, const char* what) {
  return static_cast<int>(integerBetween(value, 0, last, what));
}

KernelParameters kernelParameters(const Napi::Value& value) {
  const Napi::Object object = objectValue(value, "kernel");
  KernelParameters p{};
  p.type = static_cast<KernelType>(integerBetween(object.Get("type"), 0, 6, "kernel.type"));
  p.size = static_cast<int>(integerBetween(object.Get("size"), 3, kMaxKernelSize, "kernel.size"));
  if (p.size % 2 == 0) throw CodedError("E_RECIPE", "kernel.size must be odd");
  p.sigmaX = finiteNumber(object.Get("sigmaX"), "kernel.sigmaX");
  p.sigmaY = finiteNumber(object.Get("sigmaY"), "kernel.sigmaY");
  p.theta = finiteNumber(object.Get("theta"), "kernel.theta");
  p.beta = finiteNumber(object.Get("beta"), "kernel.beta");
  p.omega = finiteNumber(object.Get("omega"), "kernel.omega");
  const Napi::Value shift = object.Get("shift");
  if (!shift.IsUndefined()) p.shift = finiteNumber(shift, "kernel.shift");
  return p;
}

// _kernel(kernel) -> taps, (size, size)
Napi::Value kernel(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const KernelParameters p = kernelParameters(call[0]);
    double taps[kMaxKernelSize * kMaxKernelSize];
    kernelTaps(p, taps);
    return toFloat64Array(call.Env(), taps, static_cast<size_t>(p.size) * p.size);
  });
}

// _blur(image, height, width, kernel, separable) -> the blurred image; `separable` false forces the
// dense path.
Napi::Value blur(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const ImageArgument in(call);
    const KernelParameters parameters = kernelParameters(call[3]);
    const bool separable = booleanValue(call[4], "separable");
    float taps[kMaxKernelSize * kMaxKernelSize];
    if (!separable) denseTaps(parameters, taps);
    std::vector<float> out(in.values.size());
    ImageView view = in.view;
    view.data = out.data();
    Scratch scratch;
    cpu::blur({in.view, view, parameters, separable ? nullptr : taps}, scratch);
    return toFloat32Array(call.Env(), out.data(), out.size());
  });
}

// _resize(image, height, width, outHeight, outWidth, mode, scale) -> the resized image
Napi::Value resize(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const ImageArgument in(call);
    const int height = static_cast<int>(integerBetween(call[3], 1, kMaxSide, "outHeight"));
    const int width = static_cast<int>(integerBetween(call[4], 1, kMaxSide, "outWidth"));
    const auto mode = static_cast<ResizeMode>(codeOf(call[5], 2, "mode"));
    const double scale = finiteNumber(call[6], "scale");
    std::vector<float> out(static_cast<size_t>(in.view.channels) * height * width);
    Scratch scratch;
    cpu::resize({in.view, {out.data(), in.view.channels, height, width}, mode, scale}, scratch);
    return toFloat32Array(call.Env(), out.data(), out.size());
  });
}

// _usm(image, height, width) -> the sharpened image
Napi::Value usm(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const ImageArgument in(call);
    std::vector<float> out(in.values.size());
    ImageView view = in.view;
    view.data = out.data();
    Scratch scratch;
    cpu::usm(in.view, view, scratch);
    return toFloat32Array(call.Env(), out.data(), out.size());
  });
}

}  // namespace

void exportDegradeOps(Napi::Env env, Napi::Object exports) {
  exports["_kernel"] = Napi::Function::New(env, kernel, "_kernel");
  exports["_blur"] = Napi::Function::New(env, blur, "_blur");
  exports["_resize"] = Napi::Function::New(env, resize, "_resize");
  exports["_usm"] = Napi::Function::New(env, usm, "_usm");
}

}  // namespace evensr
