#include "operator_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evensr::driver {
namespace {

constexpr int kChannels = 3;

float extremeValue(Dice& dice) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kRare[] = {kInfinity,
                             -kInfinity,
                             std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::denorm_min(),
                             -0.0f,
                             1e30f};
  if (dice.chance(0.1)) return kRare[dice.integer(6)];
  if (dice.chance(0.4)) return dice.chance(0.5) ? 1.0f : 0.0f;
  return static_cast<float>(dice.between(-0.5, 1.5));
}

}  // namespace

std::vector<float> pictureOf(Dice& dice, Picture picture, Size size) {
  std::vector<float> image(size_t{kChannels} * size.height * size.width);
  const double across = dice.between(0.01, 0.3), down = dice.between(0.01, 0.3);
  const int levels = 2 + dice.integer(6);
  for (size_t i = 0; i < image.size(); i++) {
    const int x = static_cast<int>(i % size.width), y = static_cast<int>(i / size.width);
    switch (picture) {
      case Picture::smooth:
        image[i] = static_cast<float>(0.5 + 0.5 * std::sin(x * across + y * down) *
                                                std::cos(0.7 * y * across));
        break;
      case Picture::noise:
        image[i] = static_cast<float>(dice.uniform());
        break;
      case Picture::few:
        image[i] = static_cast<float>(dice.integer(levels)) / static_cast<float>(levels);
        break;
      case Picture::extreme:
        image[i] = extremeValue(dice);
        break;
    }
  }
  return image;
}

std::vector<Size> awkwardSizes(Dice& dice, int smallest) {
  std::vector<Size> sizes = {{1, 1},   {1, 9},   {9, 1},   {2, 2},   {3, 2},   {2, 5},
                             {4, 4},   {5, 6},   {7, 8},   {8, 8},   {9, 7},   {15, 17},
                             {16, 16}, {17, 33}, {16, 64}, {33, 65}, {60, 59}, {1, 130}};
  for (int i = 0; i < 6; i++) sizes.push_back({1 + dice.integer(60), 1 + dice.integer(60)});
  sizes.erase(std::remove_if(sizes.begin(), sizes.end(),
                             [&](Size s) { return std::min(s.height, s.width) < smallest; }),
              sizes.end());
  return sizes;
}

std::string differenceOf(const std::vector<float>& received, const std::vector<float>& expected,
                         Size size) {
  for (size_t i = 0; i < expected.size(); i++) {
    if (std::memcmp(&expected[i], &received[i], sizeof(float)) == 0) continue;
    const size_t plane = static_cast<size_t>(size.height) * size.width;
    return (Failed() << "the value at plane " << i / plane << ", row " << i % plane / size.width
                     << ", column " << i % size.width << " is " << received[i] << ", expected "
                     << expected[i])
        .what();
  }
  return "";
}

}  // namespace evensr::driver
