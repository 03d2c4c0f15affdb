// Test-only exports: single noise operators and the arithmetic below them.
#include <algorithm>
#include <vector>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/image_argument.h"
#include "cpu/operators.h"
#include "cpu/poisson_tables.h"
#include "math/noise.h"

namespace evensr {

namespace {

constexpr int64_t kMaxWord = 0xFFFFFFFF;

uint32_t word(const Napi::Value& value, const char* what) {
  return static_cast<uint32_t>(integerBetween(value, 0, kMaxWord, what));
}

struct NoiseArguments {
  float level;
  bool gray;
  NoiseKey key, grayKey;
  int stage;
};

// (image Float32Array (3, H, W), height, width, level, gray, k0, k1, grayK0, grayK1, stage)
NoiseArguments noiseArguments(const Napi::CallbackInfo& info) {
  NoiseArguments a;
  a.level = static_cast<float>(finiteNumber(info[3], "level"));
  a.gray = booleanValue(info[4], "gray");
  a.key = {word(info[5], "k0"), word(info[6], "k1")};
  a.grayKey = {word(info[7], "grayK0"), word(info[8], "grayK1")};
  a.stage = static_cast<int>(integerBetween(info[9], 0, 1, "stage"));
  return a;
}

Napi::Value gaussianNoise(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const ImageArgument image(info, 3);
    const NoiseArguments a = noiseArguments(info);
    cpu::addGaussianNoise(image.view, a.level, a.gray, a.key, a.grayKey, a.stage);
    return toFloat32Array(info.Env(), image.values.data(), image.values.size());
  });
}

Napi::Value poissonNoise(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const ImageArgument image(info, 3);
    const NoiseArguments a = noiseArguments(info);
    Scratch scratch;
    cpu::addPoissonNoise(image.view, a.level, a.gray, a.key, a.stage, scratch);
    return toFloat32Array(info.Env(), image.values.data(), image.values.size());
  });
}

// (log2 of vals, level) -> {slots, smallest} of the alias table
Napi::Value poissonTable(const Napi::CallbackInfo& info) {
  const auto exponent = static_cast<int>(integerBetween(info[0], 0, 8, "valsExponent"));
  const auto level = integerBetween(info[1], 0, 255, "level");
  const cpu::PoissonTables& tables = cpu::poissonTables(exponent);
  auto slots = Napi::Uint32Array::New(info.Env(), kAliasSlots);
  std::copy(std::begin(tables.slots[level]), std::end(tables.slots[level]), slots.Data());
  auto table = Napi::Object::New(info.Env());
  table.Set("slots", slots);
  table.Set("smallest", tables.smallest[level]);
  return table;
}

// (k0, k1, c0, c1, c2, c3) -> four words
Napi::Value philox(const Napi::CallbackInfo& info) {
  const PhiloxBlock block =
      philox4x32(word(info[0], "k0"), word(info[1], "k1"), word(info[2], "c0"), word(info[3], "c1"),
                 word(info[4], "c2"), word(info[5], "c3"));
  auto words = Napi::Uint32Array::New(info.Env(), 4);
  words[0] = block.w0, words[1] = block.w1, words[2] = block.w2, words[3] = block.w3;
  return words;
}

// Applies one of the functions of math/polynomials.h to every element of an array.
Napi::Value elementary(const Napi::CallbackInfo& info) {
  const std::string name = stringValue(info[0], "name");
  if (name == "log") {
    std::vector<float> x = float32Array(info[1], "x");
    for (float& value : x) value = logOf(value);
    return toFloat32Array(info.Env(), x.data(), x.size());
  }
  if (name == "exp") {
    std::vector<double> x = float64Array(info[1], "x");
    for (double& value : x) value = expOf(value);
    return toFloat64Array(info.Env(), x.data(), x.size());
  }
  const std::vector<int32_t> turns = int32Array(info[1], "x");
  std::vector<float> results;
  for (const int32_t turn : turns) {
    const SinCos both = sinCosOfTurn(static_cast<uint32_t>(turn));
    results.push_back(name == "sin" ? both.sin : both.cos);
  }
  return toFloat32Array(info.Env(), results.data(), results.size());
}

}  // namespace

void exportNoiseOps(Napi::Env env, Napi::Object exports) {
  exports.Set("_gaussianNoise", Napi::Function::New(env, gaussianNoise));
  exports.Set("_poissonNoise", Napi::Function::New(env, poissonNoise));
  exports.Set("_poissonTable", Napi::Function::New(env, poissonTable));
  exports.Set("_philox", Napi::Function::New(env, philox));
  exports.Set("_elementary", Napi::Function::New(env, elementary));
}

}  // namespace evensr
