// Recipes of Real-ESRGAN as its training draws them: what benchmarks of degradations run.
#pragma once

#include <string>
#include <vector>

#include "random_recipes.h"

namespace evensr::driver {

// A batch whose recipes share the decisions that the reference takes once a batch: whether stage 2
// blurs, scales and modes of resizes, the kind of noise, and where the second JPEG comes. All else
// is each sample's own. Real-ESRGAN, arXiv 2107.10833, section 3, and its options for x4.
std::vector<Recipe> drawRealEsrgan(Dice& dice, int batch, int scale);

// As benchmarks/peers read it: names in place of codes.
std::string recipeJson(const Recipe& recipe);

}  // namespace evensr::driver
