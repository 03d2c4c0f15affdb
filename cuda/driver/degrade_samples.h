// Images and recipes on both devices, for checks that the device gives the CPU's bits.
#pragma once

#include <string>
#include <vector>

#include "check.h"
#include "degrade/degrade.h"
#include "random_recipes.h"

namespace evensr::driver {

struct Sample {
  ImagePlan plan;
  std::vector<float> gt, expected, received;
  std::string what;  // its size and its operations, for messages
};

// (3, height, width): noise, a few levels, or mostly black and white.
std::vector<float> randomImage(Dice& dice, int height, int width);

// All of the recipe, which must end at lq's size; or its first `steps` operations.
Sample sampleOf(Dice& dice, const Recipe& recipe, Size size, const DegradeBank& bank,
                int steps = 0);

// Runs the samples on the CPU, one by one, and through `backend`, whose memory is `device`'s, all
// at once. Throws Failed where a bit differs before the results are rounded to 8 bits.
void compare(DeviceDegradeBackend& device, DegradeBackend& backend, std::vector<Sample>& batch,
             const DegradeBank& bank);

}  // namespace evensr::driver
