// scoreImages, brisqueFeatures, resizeImage, and the taps of the resize for tests.
#include "cpu/metrics.h"

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "cpu/brisque.h"
#include "math/metrics.h"

namespace evensr {
namespace {

constexpr int64_t kMaxSide = 1 << 20;

ImageSize imageSize(const Napi::Value& value, const char* what) {
  const auto shape = objectValue(value, what);
  return {static_cast<int>(integerBetween(shape.Get("height"), 1, kMaxSide, "height")),
          static_cast<int>(integerBetween(shape.Get("width"), 1, kMaxSide, "width"))};
}

std::vector<uint8_t> imageOf(const Napi::Value& value, ImageSize size, const char* what) {
  auto image = uint8Array(value, what);
  const size_t expected = static_cast<size_t>(size.height) * size.width * 3;
  if (image.size() != expected) {
    throw CodedError("E_SHAPE", std::string(what) + " has " + std::to_string(image.size()) +
                                    " bytes, its shape needs " + std::to_string(expected));
  }
  return image;
}

Napi::Value score(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const ImageSize size = imageSize(call[2], "shape");
    const int border = static_cast<int>(integerBetween(call[3], 0, kMaxSide, "border"));
    AddonData& addon = AddonData::of(env);
    return runAsync<ImageScores>(
        env, LaneId::degrade,
        [&addon, size, border, a = imageOf(call[0], size, "a"), b = imageOf(call[1], size, "b")] {
          return scoreImages(a.data(), b.data(), size.height, size.width, border,
                             {addon.pool(), availableThreads()});
        },
        [](Napi::Env e, ImageScores& scores) -> Napi::Value {
          auto result = Napi::Object::New(e);
          result["psnrY"] = scores.psnrY;
          result["psnrRgb"] = scores.psnrRgb;
          result["ssimY"] = scores.ssimY;
          result["ssimRgb"] = scores.ssimRgb;
          return result;
        });
  });
}

// (image, {height, width}, border) -> Float64Array of 36
Napi::Value brisque(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const ImageSize size = imageSize(call[1], "shape");
    const int border = static_cast<int>(integerBetween(call[2], 0, kMaxSide, "border"));
    using Features = std::array<double, kBrisqueFeatures>;
    return runAsync<Features>(
        env, LaneId::degrade,
        [size, border, image = imageOf(call[0], size, "image")] {
          return brisqueFeatures(image.data(), size.height, size.width, border);
        },
        [](Napi::Env e, Features& found) -> Napi::Value {
          return toFloat64Array(e, found.data(), found.size());
        });
  });
}

Napi::Value resize(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const ImageSize from = imageSize(call[1], "shape"), to = imageSize(call[2], "target");
    const bool antialias =
        booleanValue(objectValue(call[3], "options").Get("antialias"), "antialias");
    AddonData& addon = AddonData::of(env);
    return runAsync<std::vector<uint8_t>>(
        env, LaneId::degrade,
        [&addon, from, to, antialias, image = imageOf(call[0], from, "image")] {
          return resizeBicubic(image.data(), from, to, antialias,
                               {addon.pool(), availableThreads()});
        },
        [](Napi::Env e, std::vector<uint8_t>& image) -> Napi::Value {
          auto array = Napi::Uint8Array::New(e, image.size());
          std::copy(image.begin(), image.end(), array.Data());
          return array;
        });
  });
}

// (in, out, position, antialias) -> [index, weight, index, weight, ...]
Napi::Value taps(const Napi::CallbackInfo& call) {
  const int in = static_cast<int>(integerBetween(call[0], 1, kMaxSide, "in"));
  const int out = static_cast<int>(integerBetween(call[1], 1, kMaxSide, "out"));
  const int position = static_cast<int>(integerBetween(call[2], 0, out - 1, "position"));
  const ResizeTaps found = bicubicTaps(in, out, position, booleanValue(call[3], "antialias"));
  std::vector<double> flat;
  for (size_t k = 0; k < found.index.size(); k++) {
    flat.push_back(found.index[k]);
    flat.push_back(found.weight[k]);
  }
  return toFloat64Array(call.Env(), flat.data(), flat.size());
}

}  // namespace

void exportMetrics(Napi::Env env, Napi::Object exports) {
  exports["scoreImages"] = Napi::Function::New(env, score, "scoreImages");
  exports["brisqueFeatures"] = Napi::Function::New(env, brisque, "brisqueFeatures");
  exports["resizeImage"] = Napi::Function::New(env, resize, "resizeImage");
  exports["_bicubicTaps"] = Napi::Function::New(env, taps, "_bicubicTaps");
}

}  // namespace evensr
