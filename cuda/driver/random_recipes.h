// Recipes of any operations in any order, for checks of what must hold for all of them.
#pragma once

#include <random>
#include <vector>

#include "degrade/bank.h"
#include "degrade/recipe.h"

namespace evensr::driver {

// The same numbers on every machine.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  uint32_t word() { return static_cast<uint32_t>(engine_()); }
  double uniform() { return word() / 4294967296.0; }  // [0, 1)
  double between(double low, double high) { return low + (high - low) * uniform(); }
  int integer(int count) { return static_cast<int>(uniform() * count); }  // 0 .. count - 1
  bool chance(double p) { return uniform() < p; }

 private:
  std::mt19937 engine_;
};

constexpr int kBankKernels = 3, kBankKernelSize = 13, kBankPatches = 4, kBankPatchSize = 96;

// Kernels and patches that random recipes refer to.
struct TestBank {
  TestBank();
  DegradeBank bank;

 private:
  std::vector<uint8_t> pixels_;
};

// An image on its way through a recipe.
struct Size {
  int height, width;
};

// One operation that fits an image of `size`, which it changes; false: it would leave too little of
// the image or too much.
bool addRandomOperation(Dice& dice, OperationType type, int stage, Size& size, Recipe& recipe);

// For a gt of this size, multiples of `scale` of at most kBankPatchSize: up to seven operations of
// all types, then a resize to lq, JPEG and noise.
Recipe randomRecipe(Dice& dice, int scale, Size gt);

// Two stages of blur, resize, noise and JPEG, perhaps without a blur in the second, and
// before or after the second JPEG a resize to lq and perhaps a sinc: the order of Real-ESRGAN
// (arXiv 2107.10833, section 3.3).
Recipe standardRecipe(Dice& dice, int scale, Size gt);

// Every `step`-th pixel, floor(n / step) of n.
void addDecimation(int step, int stage, Recipe& recipe);

// Without operations.
Recipe emptyRecipe(Dice& dice, int scale);

}  // namespace evensr::driver
