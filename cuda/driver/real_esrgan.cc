#include "real_esrgan.h"

#include <algorithm>
#include <initializer_list>

#include "text.h"

namespace evensr::driver {
namespace {

constexpr double kPi = 3.14159265358979323846;

struct StageSpace {
  double blurProbability, sigmaHigh, up, down, scaleLow, scaleHigh, gaussianHigh, poissonHigh;
};

constexpr StageSpace kStages[2] = {{1, 3, 0.2, 0.7, 0.15, 1.5, 30, 3},
                                   {0.8, 1.5, 0.3, 0.4, 0.3, 1.2, 25, 2.5}};

struct SharedStage {
  bool blurs;
  double scale;
  int mode;
  NoiseType noise;
};

SharedStage drawShared(Dice& dice, const StageSpace& space) {
  SharedStage shared;
  shared.blurs = dice.chance(space.blurProbability);
  const double direction = dice.uniform();
  shared.scale = direction < space.up                ? dice.between(1, space.scaleHigh)
                 : direction < space.up + space.down ? dice.between(space.scaleLow, 1)
                                                     : 1;
  shared.mode = dice.integer(3);
  shared.noise = dice.chance(0.5) ? NoiseType::gaussian : NoiseType::poisson;
  return shared;
}

void append(Recipe& recipe, OperationType type, int stage,
            std::initializer_list<double> parameters) {
  OperationRecord& record = recipe.records[static_cast<int>(recipe.operations++)];
  record.code = static_cast<double>(type);
  record.stage = stage;
  std::copy(parameters.begin(), parameters.end(), record.parameters);
}

int drawSide(Dice& dice) { return 7 + 2 * dice.integer(8); }

void addSinc(Dice& dice, Recipe& recipe, int stage, double lowestOfLarge) {
  const int side = drawSide(dice);
  const double lowest = side < 13 ? kPi / 3 : lowestOfLarge;
  append(recipe, OperationType::blur, stage,
         {double(static_cast<int>(KernelType::sinc)), double(side), 0, 0, 0, 0,
          dice.between(lowest, kPi)});
}

// Half below 1 and half above.
double drawBeta(Dice& dice, double low, double high) {
  return dice.chance(0.5) ? dice.between(low, 1) : dice.between(1, high);
}

void addBlur(Dice& dice, Recipe& recipe, int stage, const StageSpace& space) {
  if (dice.chance(0.1)) return addSinc(dice, recipe, stage, kPi / 5);
  constexpr double kCumulated[5] = {0.45, 0.7, 0.82, 0.85, 0.97};
  const double u = dice.uniform();
  const int kind = static_cast<int>(std::upper_bound(kCumulated, kCumulated + 5, u) - kCumulated);
  const bool isTurned = kind % 2 == 1;
  const int side = drawSide(dice);
  const double sigmaX = dice.between(0.2, space.sigmaHigh);
  const double sigmaY = isTurned ? dice.between(0.2, space.sigmaHigh) : sigmaX;
  const double theta = isTurned ? dice.between(-kPi, kPi) : 0;
  const double beta = kind < 2 ? 0 : kind < 4 ? drawBeta(dice, 0.5, 4) : drawBeta(dice, 1, 2);
  append(recipe, OperationType::blur, stage,
         {double(kind), double(side), sigmaX, sigmaY, theta, beta});
}

void addNoise(Dice& dice, Recipe& recipe, int stage, const StageSpace& space, NoiseType type) {
  const bool isGaussian = type == NoiseType::gaussian;
  const double level =
      isGaussian ? dice.between(1, space.gaussianHigh) : dice.between(0.05, space.poissonHigh);
  append(recipe, OperationType::noise, stage,
         {double(static_cast<int>(type)), level, dice.chance(0.4) ? 1.0 : 0.0});
}

void addJpeg(Dice& dice, Recipe& recipe, int stage) {
  append(recipe, OperationType::jpeg, stage, {dice.between(30, 95), 0, 0});
}

void addStage(Dice& dice, Recipe& recipe, int index, const SharedStage& shared) {
  const StageSpace& space = kStages[index];
  const int stage = index + 1;
  if (shared.blurs) addBlur(dice, recipe, stage, space);
  const SizeOf of = index == 0 ? SizeOf::input : SizeOf::lq;
  append(recipe, OperationType::resize, stage,
         {double(shared.mode), double(static_cast<int>(of)), shared.scale});
  addNoise(dice, recipe, stage, space, shared.noise);
}

void addLast(Dice& dice, Recipe& recipe, int mode) {
  append(recipe, OperationType::resize, 3, {double(mode), double(static_cast<int>(SizeOf::lq)), 1});
  if (dice.chance(0.8)) addSinc(dice, recipe, 3, kPi / 3);
}

constexpr const char* kKernels[] = {
    "iso", "aniso", "generalizedIso", "generalizedAniso", "plateauIso", "plateauAniso", "sinc"};
constexpr const char* kModes[] = {"area", "bilinear", "bicubic"};

// A parameter by its name, as JSON; a code is a name.
std::string value(OperationType type, const std::string& name, double number) {
  const int code = static_cast<int>(number);
  if (name == "kernel") return quoted(kKernels[code]);
  if (name == "mode") return quoted(kModes[code]);
  if (name == "of") return quoted(code == 0 ? "input" : "lq");
  if (name == "channels") return quoted(code == 0 ? "colour" : "gray");
  if (type == OperationType::noise && name == "type") {
    return quoted(code == 0 ? "gaussian" : "poisson");
  }
  return evensr::driver::number(number);
}

}  // namespace

std::vector<Recipe> drawRealEsrgan(Dice& dice, int batch, int scale) {
  const SharedStage first = drawShared(dice, kStages[0]), second = drawShared(dice, kStages[1]);
  const bool jpegFirst = dice.chance(0.5);
  const int lastMode = dice.integer(3);
  std::vector<Recipe> recipes;
  for (int n = 0; n < batch; n++) {
    Recipe recipe = emptyRecipe(dice, scale);
    addStage(dice, recipe, 0, first);
    addJpeg(dice, recipe, 1);
    addStage(dice, recipe, 1, second);
    if (jpegFirst) addJpeg(dice, recipe, 2);
    addLast(dice, recipe, lastMode);
    if (!jpegFirst) addJpeg(dice, recipe, 2);
    recipes.push_back(recipe);
  }
  return recipes;
}

std::string recipeJson(const Recipe& recipe) {
  std::vector<std::string> operations;
  for (int i = 0; i < static_cast<int>(recipe.operations); i++) {
    const OperationRecord& record = recipe.records[i];
    const OperationType type = static_cast<OperationType>(static_cast<int>(record.code));
    const OperationLayout& layout = kOperationLayouts[static_cast<int>(type)];
    std::string text = "{\"op\":" + quoted(layout.name) + ",\"stage\":" + number(record.stage);
    for (int p = 0; p < layout.parameters; p++) {
      const std::string name = layout.parameterNames[p];
      text += "," + quoted(name) + ":" + value(type, name, record.parameters[p]);
    }
    operations.push_back(text + "}");
  }
  return "{\"scale\":" + number(recipe.scale) + ",\"operations\":[" + listed(operations) + "]}";
}

}  // namespace evensr::driver
