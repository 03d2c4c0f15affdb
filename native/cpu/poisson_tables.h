// Tables of the Poisson distributions that 8-bit images can ask for.
#pragma once

#include <cstdint>

#include "math/poisson.h"

namespace evensr::cpu {

constexpr int kLevels = 256;

// The distributions of Poisson(vals * level / 255) for the 256 levels: 256 KB.
struct PoissonTables {
  uint32_t slots[kLevels][kAliasSlots];
  int32_t smallest[kLevels];
};

// `valsExponent` = log2(vals), 0 .. 8. Built at the first call, kept for the life of the process.
const PoissonTables& poissonTables(int valsExponent);

}  // namespace evensr::cpu
