#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "binding/async.h"
#include "binding/bank_arguments.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/make_batch.h"
#include "binding/native_batch.h"
#include "binding/native_pack.h"
#include "crop.h"

namespace evensr {
namespace {

constexpr int kMaxSide = 1 << 15;
constexpr size_t kMaxFloats = size_t{1} << 32;

using Request = BatchRequest;

constexpr int kAllSteps = kMaxOperations;

FloatArray gtValues(const Napi::Value& value, FloatPool& pool) {
  const auto array = float32View(value, "gt");
  FloatArray values = pool.take(array.ElementLength());
  if (values.size() > 0) std::memcpy(values.data(), array.Data(), array.ByteLength());
  return values;
}

// What the recipe whose numbers begin at `numbers` does to a gt of this size.
ImagePlan planOf(const double* numbers, int height, int width, const DegradeBank& bank, int steps) {
  Recipe recipe;
  std::memcpy(&recipe, numbers, sizeof recipe);
  if (steps < kAllSteps) return planSteps(recipe, height, width, bank, steps);
  return planImage(recipe, height, width, bank);
}

void requireMultiple(int height, int width, int scale) {
  if (height % scale == 0 && width % scale == 0) return;
  throw CodedError("E_SHAPE",
                   "the side of gt must be a multiple of scale " + std::to_string(scale));
}

void requireSame(const ImagePlan& plan, const ImagePlan& first, size_t i) {
  if (plan.scale != first.scale) refuseSample("E_RECIPE", i, "scale differs from sample 0's");
  if (plan.lqHeight != first.lqHeight || plan.lqWidth != first.lqWidth) {
    refuseSample("E_RECIPE", i, "its size after these steps differs from sample 0's");
  }
}

// The bank in `request` must be there already.
void readRecipes(const std::vector<double>& recipes, int steps, Request& request) {
  const int height = request.height, width = request.width;
  if (recipes.empty() || recipes.size() % kRecipeFields != 0) {
    throw CodedError("E_SHAPE", "recipes must hold " + std::to_string(kRecipeFields) +
                                    " numbers a sample, received " +
                                    std::to_string(recipes.size()));
  }
  auto& plans = request.plans;
  for (size_t i = 0; i < recipes.size() / kRecipeFields; i++) {
    try {
      plans.push_back(planOf(&recipes[i * kRecipeFields], height, width, request.bank, steps));
    } catch (const CodedError& error) {
      refuseSample(error.code().c_str(), i, error.what());
    }
    requireSame(plans[i], plans[0], i);
    requireMultiple(height, width, plans[i].scale);
  }
  if (plans.size() > kMaxFloats / kImageChannels / height / width) {
    throw CodedError("E_SHAPE", "a batch may hold at most 2^32 values");
  }
}

bool flagOf(const Napi::Object& options, const char* key, const char* what) {
  const Napi::Value value = options.Get(key);
  return !value.IsUndefined() && booleanValue(value, what);
}

std::string deviceOf(const Napi::Object& options) {
  const Napi::Value device = options.Get("device");
  return device.IsUndefined() ? "cpu" : stringValue(device, "options.device");
}

// Reads all options but `steps`, which is returned.
int readOptions(const Napi::Value& value, AddonData& addon, Request& request) {
  const Napi::Object options = objectValue(value, "options");
  const std::string device = deviceOf(options);
  if (device != "cpu") request.device = addon.deviceDegraders->at(device);
  request.usm = booleanValue(options.Get("usm"), "options.usm");
  request.threads =
      static_cast<int>(integerBetween(options.Get("threads"), 1, 1024, "options.threads"));
  request.profile = flagOf(options, "profile", "options.profile");
  request.plainGt = flagOf(options, "plainGt", "options.plainGt");
  const Napi::Value kernels = options.Get("kernels");
  if (!kernels.IsUndefined()) readKernels(objectValue(kernels, "options.kernels"), request.bank);
  const Napi::Value patches = options.Get("patches");
  if (!patches.IsUndefined()) {
    request.patches = readPatches(objectValue(patches, "options.patches"), request.bank);
  }
  const Napi::Value steps = options.Get("steps");
  if (steps.IsUndefined()) return kAllSteps;
  return static_cast<int>(integerBetween(steps, 0, kMaxOperations, "options.steps"));
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

Napi::Value start(Napi::Env env, std::shared_ptr<Request> request) {
  AddonData& addon = AddonData::of(env);
  const Answer<std::shared_ptr<BatchData>> answer(
      env,
      [](Napi::Env e, std::shared_ptr<BatchData>& batch) { return NativeBatch::create(e, batch); });
  const auto maker = std::make_shared<BatchMaker>(addon, request);
  try {
    const bool onDevice = request->device != nullptr;
    addon.pool().post(
        onDevice ? 1 : maker->count(), onDevice ? 1 : request->threads,
        [maker, onDevice](int index, int worker) {
          onDevice ? maker->makeOnDevice() : maker->make(index, worker);
        },
        [maker, answer](std::exception_ptr error) {
          answer.settle([&] {
            if (error) std::rethrow_exception(error);
            return maker->finish();
          });
        });
  } catch (...) {
    return answer.rejectAtOnce(env);
  }
  addon.pendingStarted(env);
  return answer.promise();
}

Napi::Value synthesize(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    auto request = std::make_shared<Request>();
    request->pack = unwrapAs<NativePack>(call[0], "pack").file();
    const Napi::Object crops = objectValue(call[1], "crops");
    const int size = static_cast<int>(integerBetween(crops.Get("size"), 1, kMaxSide, "crops.size"));
    request->height = request->width = size;
    const int steps = readOptions(call[3], AddonData::of(env), *request);
    readRecipes(float64Array(call[2], "recipes"), steps, *request);
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
    const int steps = readOptions(call[3], AddonData::of(env), *request);
    readRecipes(float64Array(call[2], "recipes"), steps, *request);
    const size_t expected = batch * kImageChannels * request->height * request->width;
    request->gt = gtValues(call[0], *AddonData::of(env).floats);
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
    Request banks;
    const int steps =
        call[2].IsUndefined() ? kAllSteps : readOptions(call[2], AddonData::of(call.Env()), banks);
    const ImagePlan plan = planOf(recipe.data(), size, size, banks.bank, steps);
    requireMultiple(size, size, plan.scale);
    return call.Env().Undefined();
  });
}

// {bytes, header: names, operations: [{name, parameters: names}], mostOperations}
Napi::Value recipeLayout(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const auto namesOf = [&](const char* const* names, int count) {
    auto list = Napi::Array::New(env, count);
    for (int i = 0; i < count; i++) list.Set(static_cast<uint32_t>(i), names[i]);
    return list;
  };
  auto operations = Napi::Array::New(env, kOperationTypes);
  for (uint32_t i = 0; i < kOperationTypes; i++) {
    auto operation = Napi::Object::New(env);
    operation["name"] = kOperationLayouts[i].name;
    operation["parameters"] =
        namesOf(kOperationLayouts[i].parameterNames, kOperationLayouts[i].parameters);
    operations.Set(i, operation);
  }
  auto layout = Napi::Object::New(env);
  layout["bytes"] = static_cast<double>(sizeof(Recipe));
  layout["header"] = namesOf(kRecipeHeaderNames, kRecipeHeader);
  layout["operations"] = operations;
  layout["mostOperations"] = kMaxOperations;
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
