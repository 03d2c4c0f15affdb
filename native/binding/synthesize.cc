#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/degrade_worker.h"
#include "binding/exports.h"
#include "binding/native_batch.h"
#include "binding/native_pack.h"
#include "crop.h"

namespace evensr {
namespace {

constexpr int kChannels = 3;
constexpr int kMaxSide = 1 << 15;
constexpr size_t kMaxFloats = size_t{1} << 32;

struct Request {
  std::vector<ImagePlan> plans;
  int height = 0, width = 0;  // of gt as it is degraded
  int margin = 0;             // lq pixels on every side that are cut away afterwards
  bool usm = false;
  int threads = 1;
  // one of the two sources
  std::shared_ptr<const PackFile> pack;
  std::vector<int> images;
  std::vector<Crop> crops;
  std::vector<float> gt;
};

[[noreturn]] void refuseSample(const char* code, size_t sample, const std::string& why) {
  throw CodedError(code, "sample " + std::to_string(sample) + ": " + why);
}

// What the recipe whose numbers begin at `numbers` does to a gt of this size.
ImagePlan planOf(const double* numbers, int height, int width) {
  Recipe recipe;
  std::memcpy(&recipe, numbers, sizeof recipe);
  return planImage(recipe, height, width);
}

void requireMultiple(int height, int width, int scale) {
  if (height % scale == 0 && width % scale == 0) return;
  throw CodedError("E_SHAPE",
                   "the side of gt must be a multiple of scale " + std::to_string(scale));
}

std::vector<ImagePlan> plansOf(const std::vector<double>& recipes, int height, int width) {
  if (recipes.empty() || recipes.size() % kRecipeFields != 0) {
    throw CodedError("E_SHAPE", "recipes must hold " + std::to_string(kRecipeFields) +
                                    " numbers a sample, received " +
                                    std::to_string(recipes.size()));
  }
  std::vector<ImagePlan> plans;
  for (size_t i = 0; i < recipes.size() / kRecipeFields; i++) {
    try {
      plans.push_back(planOf(&recipes[i * kRecipeFields], height, width));
    } catch (const CodedError& error) {
      refuseSample(error.code().c_str(), i, error.what());
    }
    const int scale = plans[i].scale;
    if (scale != plans[0].scale) refuseSample("E_RECIPE", i, "scale differs from sample 0's");
    requireMultiple(height, width, scale);
  }
  if (plans.size() > kMaxFloats / kChannels / height / width) {
    throw CodedError("E_SHAPE", "a batch may hold at most 2^32 values");
  }
  return plans;
}

void readOptions(const Napi::Value& value, Request& request) {
  const Napi::Object options = objectValue(value, "options");
  request.usm = booleanValue(options.Get("usm"), "options.usm");
  request.threads =
      static_cast<int>(integerBetween(options.Get("threads"), 1, 1024, "options.threads"));
}

void readMargin(const Napi::Value& value, Request& request) {
  if (value.IsUndefined()) return;
  const ImagePlan& plan = request.plans[0];
  const int most = (std::min(plan.lqHeight, plan.lqWidth) - 1) / 2;
  request.margin = static_cast<int>(integerBetween(value, 0, most, "crops.margin"));
}

bool flag(int value, size_t sample, const char* name) {
  if (value != 0 && value != 1)
    refuseSample("E_CROP", sample, std::string(name) + " must be 0 or 1");
  return value == 1;
}

void readCrops(const std::vector<int32_t>& numbers, size_t samples, Request& request) {
  if (numbers.size() != samples * 6) {
    throw CodedError("E_SHAPE", "crops must hold six numbers for each of " +
                                    std::to_string(samples) + " samples, received " +
                                    std::to_string(numbers.size()));
  }
  const auto& images = request.pack->images();
  for (size_t i = 0; i < samples; i++) {
    const int32_t* n = &numbers[i * 6];
    const int image = n[0], top = n[1], left = n[2];
    if (image < 0 || static_cast<size_t>(image) >= images.size()) {
      refuseSample("E_CROP", i, "there is no image " + std::to_string(image));
    }
    const int height = images[image].height, width = images[image].width;
    if (top < 0 || left < 0 || top > height - request.height || left > width - request.width) {
      refuseSample("E_CROP", i,
                   "the crop at row " + std::to_string(top) + ", column " + std::to_string(left) +
                       " leaves image " + std::to_string(image) + " (" + std::to_string(height) +
                       " x " + std::to_string(width) + ")");
    }
    request.images.push_back(image);
    request.crops.push_back(
        {top, left, flag(n[3], i, "flipX"), flag(n[4], i, "flipY"), flag(n[5], i, "transpose")});
  }
}

// The given gt in [0, 1] of sample i; also refuses NaN.
void checkPixels(const float* gt, size_t count, int i) {
  for (size_t k = 0; k < count; k++) {
    if (gt[k] >= 0 && gt[k] <= 1) continue;
    refuseSample("E_PIXEL", i, "gt holds " + std::to_string(gt[k]) + ", outside 0..1");
  }
}

// Puts sample i's gt into `out`.
void takeGt(const Request& request, int i, ImageView out) {
  if (request.pack) {
    const size_t image = static_cast<size_t>(request.images[i]);
    cutCrop(request.pack->pixels(image), request.pack->images()[image].width, request.crops[i],
            out);
  } else {
    const float* gt = request.gt.data() + i * out.size();
    checkPixels(gt, out.size(), i);
    std::memcpy(out.data, gt, out.size() * sizeof(float));
  }
}

// What is left of an image when `margin` pixels are cut off on every side.
ImageView inner(int height, int width, int margin, float* data) {
  return {data, kChannels, height - 2 * margin, width - 2 * margin};
}

void makePair(const Request& request, DegradeWorker& worker, int i, BatchData& batch) {
  const ImagePlan& plan = request.plans[i];
  ImageView keptGt = inner(plan.gtHeight, plan.gtWidth, request.margin * plan.scale, nullptr);
  ImageView keptLq = inner(plan.lqHeight, plan.lqWidth, request.margin, nullptr);
  keptGt.data = batch.gt.data() + i * keptGt.size();
  keptLq.data = batch.lq.data() + i * keptLq.size();
  ImageView gt = keptGt, lq = keptLq;
  if (request.margin > 0) {
    gt = worker.gt.image(kChannels, plan.gtHeight, plan.gtWidth);
    lq = worker.lq.image(kChannels, plan.lqHeight, plan.lqWidth);
  }
  if (request.usm) {
    const ImageView raw = worker.raw.image(kChannels, gt.height, gt.width);
    takeGt(request, i, raw);
    const CopyJob job{raw, gt};
    worker.backend.usm(&job, 1);
  } else {
    takeGt(request, i, gt);
  }
  const DegradeImage image{gt, plan, lq};
  worker.degrader.run(&image, 1);
  if (request.margin > 0) {
    cutInner(gt, keptGt);
    cutInner(lq, keptLq);
  }
}

BatchData emptyBatch(const Request& request) {
  const ImagePlan& plan = request.plans[0];
  const int count = static_cast<int>(request.plans.size());
  const int margin = request.margin;
  const ImageView gt = inner(plan.gtHeight, plan.gtWidth, margin * plan.scale, nullptr);
  const ImageView lq = inner(plan.lqHeight, plan.lqWidth, margin, nullptr);
  BatchData batch;
  batch.batch = count;
  batch.gtHeight = gt.height;
  batch.gtWidth = gt.width;
  batch.lqHeight = lq.height;
  batch.lqWidth = lq.width;
  batch.gt = FloatArray(gt.size() * count);
  batch.lq = FloatArray(lq.size() * count);
  return batch;
}

std::shared_ptr<BatchData> makeBatch(AddonData& addon, const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  auto batch = std::make_shared<BatchData>(emptyBatch(request));
  if (request.pack) request.pack->checkStillWhole();
  auto& workers = addon.degradeWorkers;
  while (workers.size() < static_cast<size_t>(request.threads)) {
    workers.push_back(std::make_unique<DegradeWorker>());
  }
  addon.degradePool(request.threads).forEach(batch->batch, [&](int i, int worker) {
    if (addon.aborted()) throw CodedError("E_ABORTED", "the environment is going away");
    makePair(request, *workers[worker], i, *batch);
  });
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  batch->milliseconds = time.count();
  return batch;
}

Napi::Value start(Napi::Env env, std::shared_ptr<const Request> request) {
  AddonData& addon = AddonData::of(env);
  return runAsync<std::shared_ptr<BatchData>>(
      env, LaneId::degrade, [&addon, request] { return makeBatch(addon, *request); },
      [](Napi::Env e, std::shared_ptr<BatchData>& batch) { return NativeBatch::create(e, batch); });
}

Napi::Value synthesize(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    auto request = std::make_shared<Request>();
    request->pack = unwrapAs<NativePack>(call[0], "pack").file();
    const Napi::Object crops = objectValue(call[1], "crops");
    const int size = static_cast<int>(integerBetween(crops.Get("size"), 1, kMaxSide, "crops.size"));
    request->height = request->width = size;
    readOptions(call[3], *request);
    request->plans = plansOf(float64Array(call[2], "recipes"), size, size);
    readMargin(crops.Get("margin"), *request);
    readCrops(int32Array(crops.Get("crops"), "crops.crops"), request->plans.size(), *request);
    return start(env, request);
  });
}

Napi::Value synthesizeFrom(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    auto request = std::make_shared<Request>();
    const Napi::Object shape = objectValue(call[1], "shape");
    const auto side = [&](const char* key, const char* what) {
      return static_cast<int>(integerBetween(shape.Get(key), 1, kMaxSide, what));
    };
    const size_t batch = static_cast<size_t>(side("batch", "shape.batch"));
    request->height = side("height", "shape.height");
    request->width = side("width", "shape.width");
    readOptions(call[3], *request);
    request->plans = plansOf(float64Array(call[2], "recipes"), request->height, request->width);
    request->gt = float32Array(call[0], "gt");
    const size_t expected = batch * kChannels * request->height * request->width;
    if (request->plans.size() != batch || request->gt.size() != expected) {
      throw CodedError("E_SHAPE", "expected " + std::to_string(batch) + " recipes and " +
                                      std::to_string(expected) + " gt values, received " +
                                      std::to_string(request->plans.size()) + " and " +
                                      std::to_string(request->gt.size()));
    }
    return start(env, request);
  });
}

Napi::Value checkRecipe(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    const std::vector<double> recipe = float64Array(call[0], "recipe");
    const int size = static_cast<int>(integerBetween(call[1], 1, kMaxSide, "size"));
    if (recipe.size() != kRecipeFields) {
      throw CodedError("E_SHAPE", "a recipe holds " + std::to_string(kRecipeFields) +
                                      " numbers, received " + std::to_string(recipe.size()));
    }
    requireMultiple(size, size, planOf(recipe.data(), size, size).scale);
    return call.Env().Undefined();
  });
}

Napi::Value recipeLayout(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  auto fields = Napi::Array::New(env, kRecipeFields);
  for (uint32_t i = 0; i < kRecipeFields; i++) {
    fields.Set(i, Napi::String::New(env, kRecipeFieldNames[i]));
  }
  auto layout = Napi::Object::New(env);
  layout["bytes"] = static_cast<double>(sizeof(Recipe));
  layout["fields"] = fields;
  return layout;
}

}  // namespace

void exportSynthesize(Napi::Env env, Napi::Object exports) {
  NativeBatch::define(env);
  exports["recipeLayout"] = Napi::Function::New(env, recipeLayout, "recipeLayout");
  exports["checkRecipe"] = Napi::Function::New(env, checkRecipe, "checkRecipe");
  exports["synthesize"] = Napi::Function::New(env, synthesize, "synthesize");
  exports["synthesizeFrom"] = Napi::Function::New(env, synthesizeFrom, "synthesizeFrom");
}

}  // namespace evensr
