// Test-only exports: single operators that other spaces than Real-ESRGAN's use.
#include <algorithm>
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

uint32_t word(const Napi::Value& value, const char* what) {
  return static_cast<uint32_t>(integerBetween(value, 0, 0xFFFFFFFF, what));
}

NoiseKey keyOf(const Napi::Object& options) {
  return {word(options.Get("k0"), "k0"), word(options.Get("k1"), "k1")};
}

int stageOf(const Napi::Object& options) {
  return static_cast<int>(integerBetween(options.Get("stage"), 0, 255, "stage"));
}

// (image (3, H, W), height, width, options): runs `change(view, options)` on a copy.
template <class Change>
Napi::Value changed(const Napi::CallbackInfo& call, Change change) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    const ImageArgument image(call, 3);
    change(image.view, objectValue(call[3], "options"));
    return toFloat32Array(call.Env(), image.values.data(), image.values.size());
  });
}

std::vector<float> mixOf(const Napi::Object& options) {
  std::vector<float> mix = float32Array(options.Get("mix"), "mix");
  mix.resize(6);
  return mix;
}

// options {level, mix, k0, k1, stage}
Napi::Value correlatedNoise(const Napi::CallbackInfo& call) {
  return changed(call, [](ImageView image, const Napi::Object& options) {
    const auto level = static_cast<float>(finiteNumber(options.Get("level"), "level"));
    cpu::addCorrelatedNoise(image, level, mixOf(options).data(), keyOf(options), stageOf(options));
  });
}

// options {level, channels, mix, k0, k1, stage}
Napi::Value speckleNoise(const Napi::CallbackInfo& call) {
  return changed(call, [](ImageView image, const Napi::Object& options) {
    const auto level = static_cast<float>(finiteNumber(options.Get("level"), "level"));
    const auto channels =
        static_cast<NoiseChannels>(integerBetween(options.Get("channels"), 0, 2, "channels"));
    cpu::addSpeckleNoise(image, level, channels, mixOf(options).data(), keyOf(options),
                         stageOf(options));
  });
}

// options {vals, level, gray, k0, k1, stage}
Napi::Value poissonNoiseOf(const Napi::CallbackInfo& call) {
  return changed(call, [](ImageView image, const Napi::Object& options) {
    const double vals = finiteNumber(options.Get("vals"), "vals");
    const auto scale = static_cast<float>(finiteNumber(options.Get("level"), "level"));
    Scratch scratch;
    cpu::addPoissonNoiseOf(image, vals, scale, booleanValue(options.Get("gray"), "gray"),
                           keyOf(options), stageOf(options), scratch);
  });
}

// options {gain, red, blue, weights, shot, read, k0, k1, stage}
Napi::Value cameraNoise(const Napi::CallbackInfo& call) {
  return changed(call, [](ImageView image, const Napi::Object& options) {
    const auto number = [&](const char* name) { return finiteNumber(options.Get(name), name); };
    IspParameters p{number("gain"), number("red"), number("blue"), {},
                    number("shot"), number("read")};
    std::vector<double> weights = float64Array(options.Get("weights"), "weights");
    weights.resize(4);
    std::copy(weights.begin(), weights.end(), p.weights);
    Scratch scratch;
    cpu::cameraNoise(image, p, keyOf(options), stageOf(options), scratch);
  });
}

// options {patch: Uint8Array HWC RGB, patchWidth, top, left}
Napi::Value injectNoise(const Napi::CallbackInfo& call) {
  return changed(call, [](ImageView image, const Napi::Object& options) {
    const auto patch = options.Get("patch").As<Napi::Uint8Array>();
    const int width = static_cast<int>(integerBetween(options.Get("patchWidth"), 1, 4096, "width"));
    const int top = static_cast<int>(integerBetween(options.Get("top"), 0, 4096, "top"));
    const int left = static_cast<int>(integerBetween(options.Get("left"), 0, 4096, "left"));
    const size_t stride = 3 * static_cast<size_t>(width);
    if (left + image.width > width || (top + image.height) * stride > patch.ElementLength()) {
      throw CodedError("E_SHAPE", "the crop leaves the patch");
    }
    cpu::injectNoise(image, patch.Data() + top * stride + 3 * left, stride);
  });
}

}  // namespace

void exportSpaceOps(Napi::Env env, Napi::Object exports) {
  exports["_resizeAs"] = Napi::Function::New(env, resizeAs, "_resizeAs");
  exports["_correlatedNoise"] = Napi::Function::New(env, correlatedNoise, "_correlatedNoise");
  exports["_speckleNoise"] = Napi::Function::New(env, speckleNoise, "_speckleNoise");
  exports["_poissonNoiseOf"] = Napi::Function::New(env, poissonNoiseOf, "_poissonNoiseOf");
  exports["_cameraNoise"] = Napi::Function::New(env, cameraNoise, "_cameraNoise");
  exports["_injectNoise"] = Napi::Function::New(env, injectNoise, "_injectNoise");
}

}  // namespace evensr
