// Random recipes for the fuzzer: mostly sensible ones, so that the code behind the checks is
// reached, with hostile numbers in between.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>

#include "degrade/recipe.h"

class Draw {
 public:
  explicit Draw(uint64_t seed) : generator_(seed) {}

  int below(int count) { return static_cast<int>(generator_() % static_cast<uint64_t>(count)); }
  bool chance(double p) { return uniform(0, 1) < p; }
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(generator_() >> 11) * 0x1p-53;
  }

  // Inside a range, and often at its ends.
  double within(double low, double high) {
    const int kind = below(12);
    return kind == 0 ? low : kind == 1 ? high : uniform(low, high);
  }

  // Whatever a double can be.
  double hostile() {
    using Limits = std::numeric_limits<double>;
    static constexpr double kNamed[] = {0,
                                        -0.0,
                                        1,
                                        -1,
                                        0.5,
                                        Limits::quiet_NaN(),
                                        2147483647,
                                        2147483648,
                                        -2147483648,
                                        4294967295,
                                        4294967296,
                                        9007199254740992,
                                        1e300,
                                        0x1p63,
                                        -0x1p63,
                                        Limits::infinity(),
                                        -Limits::infinity(),
                                        Limits::max(),
                                        Limits::min(),
                                        Limits::denorm_min()};
    constexpr int kCount = sizeof kNamed / sizeof *kNamed;
    const int kind = below(4);
    if (kind == 0) return kNamed[below(kCount)];
    if (kind == 1) return std::nextafter(kNamed[below(kCount)], uniform(-1e9, 1e9));
    if (kind == 2) return uniform(-40, 40);
    const uint64_t bits = generator_();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  uint64_t word() { return generator_(); }

 private:
  std::mt19937_64 generator_;
};

// A record whose numbers are all within what their fields allow.
inline evensr::OperationRecord drawOperation(Draw& draw, evensr::OperationType type, int stage) {
  using evensr::OperationType;
  evensr::OperationRecord record{static_cast<double>(type), static_cast<double>(stage), {}};
  double* p = record.parameters;
  switch (type) {
    case OperationType::blur:
      p[0] = draw.below(8);
      p[1] = p[0] == 7 ? 5 : 3 + 2 * draw.below(12);
      p[2] = draw.within(0.01, draw.chance(0.1) ? 1000 : 4);
      p[3] = draw.within(0.01, draw.chance(0.1) ? 1000 : 4);
      p[4] = draw.within(-1000, 1000);
      p[5] = draw.within(1e-9, draw.chance(0.1) ? 64 : 4);
      p[6] = draw.within(1e-9, 3.14159);
      p[7] = draw.chance(0.7) ? 0 : draw.within(0, std::floor(p[1] / 2));
      p[8] = draw.below(4);
      break;
    case OperationType::resize:
      p[0] = draw.below(8);
      p[1] = draw.below(2);
      p[2] = p[0] == 7 ? draw.within(0.1, 1) : draw.within(0.05, draw.chance(0.05) ? 16 : 2);
      break;
    case OperationType::noise:
      p[0] = draw.below(3);
      p[1] = draw.within(0, draw.chance(0.1) ? 255 : 40);
      p[2] = draw.below(p[0] == 2 ? 2 : 3);
      for (int i = 3; i < 9; i++) p[i] = draw.within(-16, 16);
      p[9] = draw.chance(0.5) ? 0 : draw.within(1, draw.chance(0.5) ? 65536 : 300);
      break;
    case OperationType::isp:
      for (int i = 0; i < 3; i++) p[i] = draw.within(0.1, 10);
      for (int i = 3; i < 7; i++) p[i] = draw.within(0, 1);
      for (int i = 7; i < 9; i++) p[i] = draw.within(0, draw.chance(0.2) ? 1 : 0.01);
      break;
    case OperationType::inject:
      p[0] = draw.below(3);
      p[1] = draw.below(40);
      p[2] = draw.below(40);
      break;
    case OperationType::jpeg:
      p[0] = draw.within(0.001, 100);
      p[1] = draw.below(2);
      p[2] = p[1] == 1 ? draw.below(2) : 0;
      break;
    case OperationType::clamp:
      break;
  }
  return record;
}

// Ends at the lq size unless an operation after the last resize changes it.
inline void drawRecipe(Draw& draw, int scale, evensr::Recipe& recipe) {
  using namespace evensr;
  recipe.seedLo = draw.below(1 << 30), recipe.seedHi = draw.below(1 << 30);
  recipe.graySeedLo = recipe.seedLo, recipe.graySeedHi = draw.below(1 << 30);
  recipe.scale = scale;
  const int before = draw.below(5), after = draw.below(3);
  int count = 0;
  const auto add = [&](OperationType type) {
    recipe.records[count] = drawOperation(draw, type, 1 + count % 8);
    count++;
  };
  for (int i = 0; i < before; i++) add(static_cast<OperationType>(draw.below(kOperationTypes)));
  add(OperationType::resize);
  recipe.records[count - 1].parameters[1] = 1;
  recipe.records[count - 1].parameters[2] = 1;
  for (int i = 0; i < after; i++) {
    const int type = draw.below(kOperationTypes - 1);
    add(static_cast<OperationType>(type == 1 ? kOperationTypes - 1 : type));
  }
  recipe.operations = count;
}

// Puts hostile numbers anywhere into a recipe.
inline void spoil(Draw& draw, evensr::Recipe& recipe) {
  using namespace evensr;
  auto* numbers = reinterpret_cast<double*>(&recipe);
  const int used = kRecipeHeader + (2 + kMaxParameters) * (1 + draw.below(kMaxOperations));
  const int times = 1 + draw.below(draw.chance(0.1) ? 30 : 3);
  for (int i = 0; i < times; i++) numbers[draw.below(used)] = draw.hostile();
}
