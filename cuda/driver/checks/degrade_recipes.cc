// Whole recipes, in batches of different images: the device gives the CPU's bits.
#include "degrade_samples.h"
#include "raw_backends.h"

namespace evensr::driver {
namespace {

using RecipeOf = Recipe (*)(Dice& dice, int scale, Size gt);

void checkRecipes(Context& context, unsigned seed, int wanted, RecipeOf recipeOf) {
  const TestBank bank;
  Dice dice(seed);
  const auto device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  UnroundedBackend backend(*device);
  for (int done = 0; done < wanted;) {
    std::vector<Sample> batch;
    for (int left = 1 + dice.integer(16); left > 0; left--) {
      const int scale = 1 + dice.integer(4);
      const Size gt{scale * (3 + dice.integer(8)), scale * (3 + dice.integer(8))};
      batch.push_back(sampleOf(dice, recipeOf(dice, scale, gt), gt, bank.bank));
    }
    compare(*device, backend, batch, bank.bank);
    done += static_cast<int>(batch.size());
  }
}

// Together 2,000 recipes at effort 1.
struct RecipeCheck {
  RecipeCheck() {
    for (unsigned part = 1; part <= 4; part++) {
      checks().push_back({"degrade/recipes-" + std::to_string(part), [part](Context& context) {
                            const int wanted = context.effort == 0 ? 50 : 500 * context.effort;
                            checkRecipes(context, 4 * context.seed + part, wanted, randomRecipe);
                          }});
    }
  }
};
const RecipeCheck recipes;

const Registered standard("degrade/standard-recipes", [](Context& context) {
  checkRecipes(context, context.seed, 100 * context.effort, standardRecipe);
});

}  // namespace
}  // namespace evensr::driver
