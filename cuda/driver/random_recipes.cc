#include "random_recipes.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace evensr::driver {
namespace {

constexpr double kPi = 3.14159265358979323846;

void append(Recipe& recipe, OperationType type, int stage,
            std::initializer_list<double> parameters) {
  OperationRecord& record = recipe.records[static_cast<int>(recipe.operations++)];
  record.code = static_cast<double>(type);
  record.stage = stage;
  std::copy(parameters.begin(), parameters.end(), record.parameters);
}

void addBlur(Dice& dice, int stage, Recipe& recipe) {
  const int kernel = dice.integer(8);
  const bool isBank = kernel == static_cast<int>(KernelType::bank);
  const int side = isBank ? kBankKernelSize : 3 + 2 * dice.integer(12);
  const bool shifts = kernel == static_cast<int>(KernelType::iso) && dice.chance(0.3);
  const double shift = shifts ? dice.between(0, std::min(1.5, (side - 1) / 2.0)) : 0;
  const double sigmaX = dice.between(0.1, 4), sigmaY = dice.between(0.1, 4);
  const double theta = dice.between(-kPi, kPi), beta = dice.between(0.3, 4);
  const double omega = dice.between(0.6, kPi);
  append(recipe, OperationType::blur, stage,
         {double(kernel), double(side), sigmaX, sigmaY, theta, beta, omega, shift,
          double(dice.integer(kBankKernels))});
}

bool addResize(Dice& dice, int stage, Size& size, Recipe& recipe) {
  const int mode = dice.integer(8);
  const bool decimates = mode == static_cast<int>(ResizeMode::decimate);
  const double factor = decimates ? 1.0 / (1 + dice.integer(3)) : dice.between(0.3, 1.7);
  const Size after{static_cast<int>(std::floor(size.height * factor)),
                   static_cast<int>(std::floor(size.width * factor))};
  if (std::min(after.height, after.width) < 3) return false;
  if (std::max(after.height, after.width) > kBankPatchSize) return false;
  size = after;
  append(recipe, OperationType::resize, stage,
         {double(mode), double(static_cast<int>(SizeOf::input)), factor});
  return true;
}

void addNoise(Dice& dice, int stage, Recipe& recipe) {
  const int type = dice.integer(3);
  const bool poisson = type == static_cast<int>(NoiseType::poisson);
  const int channels = dice.integer(poisson ? 2 : 3);
  const bool correlated = channels == static_cast<int>(NoiseChannels::correlated);
  double mix[6] = {};
  for (double& value : mix) value = correlated ? dice.between(-0.6, 0.6) : 0;
  const double level = dice.between(0, poisson ? 3 : 30);
  const int photons = dice.integer(4);
  const double vals = !poisson || photons < 2 ? 0
                      : photons == 2          ? std::pow(10, dice.between(0, 2))
                                              : std::pow(10, dice.between(2, 4.5));
  append(recipe, OperationType::noise, stage,
         {double(type), level, double(channels), mix[0], mix[1], mix[2], mix[3], mix[4], mix[5],
          vals});
}

void addCamera(Dice& dice, int stage, Recipe& recipe) {
  const double gain = dice.between(0.7, 1.4), red = dice.between(1.9, 2.4);
  const double blue = dice.between(1.5, 1.9);
  const double w0 = dice.uniform(), w1 = dice.uniform(), w2 = dice.uniform(), w3 = dice.uniform();
  const double shot = std::pow(10, dice.between(-4, -1.9));
  append(recipe, OperationType::isp, stage,
         {gain, red, blue, w0, w1, w2, w3, shot, std::pow(10, dice.between(-6, -2))});
}

void addInject(Dice& dice, int stage, const Size& size, Recipe& recipe) {
  const int top = dice.integer(kBankPatchSize - size.height + 1);
  const int left = dice.integer(kBankPatchSize - size.width + 1);
  append(recipe, OperationType::inject, stage,
         {double(dice.integer(kBankPatches)), double(top), double(left)});
}

void addJpeg(Dice& dice, int stage, Recipe& recipe) {
  const bool libjpeg = dice.chance(0.5);
  const bool whole = libjpeg && dice.chance(0.5);
  append(recipe, OperationType::jpeg, stage,
         {dice.between(1, 100), libjpeg ? 1.0 : 0.0, whole ? 1.0 : 0.0});
}

}  // namespace

TestBank::TestBank() : pixels_(size_t{3} * kBankPatches * kBankPatchSize * kBankPatchSize) {
  Dice dice(5);
  bank.kernelSize = kBankKernelSize;
  bank.kernelCount = kBankKernels;
  constexpr int kTaps = kBankKernelSize * kBankKernelSize;
  for (int k = 0; k < kBankKernels; k++) {
    std::vector<double> taps(kTaps);
    double sum = 0;
    for (double& tap : taps) sum += tap = std::pow(dice.uniform(), 8);
    for (const double tap : taps) bank.kernels.push_back(static_cast<float>(tap / sum));
  }
  for (uint8_t& value : pixels_) value = static_cast<uint8_t>(100 + dice.integer(40));
  bank.patchSize = kBankPatchSize;
  constexpr size_t kStride = size_t{3} * kBankPatchSize;
  for (int p = 0; p < kBankPatches; p++) {
    bank.patches.push_back({pixels_.data() + p * kStride * kBankPatchSize, kStride});
  }
}

Recipe emptyRecipe(Dice& dice, int scale) {
  Recipe recipe = {};
  recipe.seedLo = recipe.graySeedLo = dice.word();
  recipe.seedHi = dice.word();
  recipe.graySeedHi = dice.word();
  recipe.scale = scale;
  return recipe;
}

bool addRandomOperation(Dice& dice, OperationType type, int stage, Size& size, Recipe& recipe) {
  switch (type) {
    case OperationType::blur:
      addBlur(dice, stage, recipe);
      return true;
    case OperationType::resize:
      return addResize(dice, stage, size, recipe);
    case OperationType::noise:
      addNoise(dice, stage, recipe);
      return true;
    case OperationType::isp:
      addCamera(dice, stage, recipe);
      return true;
    case OperationType::inject:
      addInject(dice, stage, size, recipe);
      return true;
    case OperationType::jpeg:
      addJpeg(dice, stage, recipe);
      return true;
    case OperationType::clamp:
      append(recipe, OperationType::clamp, stage, {});
      return true;
  }
  return false;
}

void addDecimation(int step, int stage, Recipe& recipe) {
  append(recipe, OperationType::resize, stage,
         {double(static_cast<int>(ResizeMode::decimate)), double(static_cast<int>(SizeOf::input)),
          1.0 / step});
}

Recipe standardRecipe(Dice& dice, int scale, Size gt) {
  Recipe recipe = emptyRecipe(dice, scale);
  Size size = gt;
  addBlur(dice, 1, recipe);
  addResize(dice, 1, size, recipe);
  addNoise(dice, 1, recipe);
  addJpeg(dice, 1, recipe);
  if (dice.chance(0.8)) addBlur(dice, 2, recipe);
  addResize(dice, 2, size, recipe);
  addNoise(dice, 2, recipe);
  const bool jpegFirst = dice.chance(0.5);
  if (jpegFirst) addJpeg(dice, 2, recipe);
  append(recipe, OperationType::resize, 2,
         {double(dice.integer(3)), double(static_cast<int>(SizeOf::lq)), 1});
  if (dice.chance(0.8)) {
    append(recipe, OperationType::blur, 2,
           {double(static_cast<int>(KernelType::sinc)), 21, 0, 0, 0, 0, dice.between(1, kPi)});
  }
  if (!jpegFirst) addJpeg(dice, 2, recipe);
  return recipe;
}

Recipe randomRecipe(Dice& dice, int scale, Size gt) {
  constexpr OperationType kTypes[10] = {
      OperationType::blur,   OperationType::blur,  OperationType::blur,  OperationType::resize,
      OperationType::resize, OperationType::noise, OperationType::noise, OperationType::jpeg,
      OperationType::isp,    OperationType::inject};
  Recipe recipe = emptyRecipe(dice, scale);
  Size size = gt;
  const int before = dice.integer(7);
  for (int stage = 1; stage <= before; stage++) {
    const bool clamps = dice.chance(0.02);
    const OperationType type = clamps ? OperationType::clamp : kTypes[dice.integer(10)];
    addRandomOperation(dice, type, stage, size, recipe);
  }
  append(recipe, OperationType::resize, 7,
         {double(dice.integer(7)), double(static_cast<int>(SizeOf::lq)), 1});
  if (dice.chance(0.7)) addJpeg(dice, 8, recipe);
  if (dice.chance(0.5)) addNoise(dice, 8, recipe);
  return recipe;
}

}  // namespace evensr::driver
