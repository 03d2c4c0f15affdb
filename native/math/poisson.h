// Exact Poisson numbers from one 32-bit word and one table read: the alias method.
//
// A. J. Walker, "An efficient method for generating discrete random variables with general
// distributions", ACM TOMS 3 (1977); filled as M. D. Vose, IEEE TSE 17 (1991), does, but in
// integers.
#pragma once

#include <cstdint>

#include "math/host_device.h"
#include "math/polynomials.h"

namespace evensr {

constexpr int kAliasSlots = 256;

// The distribution of one rate. The top 8 bits of a uniform word choose a slot, the other 24 bits
// choose between the slot's own value and its alias:
//   slot = threshold (24 bits) << 8 | alias
//   value = smallest + (low 24 bits < threshold ? own : alias)
// The probability of every value is a multiple of 2^-32 and differs from the exact one by less.
struct AliasTable {
  uint32_t slots[kAliasSlots];
  int32_t smallest;
};

EVENSR_HD int32_t aliasValue(uint32_t slot, uint32_t word) {
  const uint32_t own = word >> 24;
  const uint32_t alias = slot & 0xFF;
  return static_cast<int32_t>((word & 0xFFFFFF) < slot >> 8 ? own : alias);
}

// Masses of the values smallest .. smallest + 255, in units of 2^-32; their sum is 2^32.
struct PoissonMasses {
  uint64_t mass[kAliasSlots];
  int32_t smallest;
};

// Poisson(rate), 0 <= rate <= 256, as differences of the cumulative distribution rounded to 32
// bits. Values outside the 256 have a probability below 2^-33 on each side.
EVENSR_HD_CALL PoissonMasses poissonMasses(double rate) {
  constexpr double kTwoTo32 = 4294967296.0;
  constexpr int kLargest = 600;
  PoissonMasses out = {};
  double probability = expOf(-rate);
  double cumulative = probability;
  uint64_t before = 0;
  bool found = false;
  for (int k = 0; k <= kLargest; k++) {
    const auto here = static_cast<uint64_t>(cumulative * kTwoTo32 + 0.5);
    if (here > before && !found) {
      out.smallest = k;
      found = true;
    }
    if (here > before) out.mass[k - out.smallest] = here - before;
    before = here;
    probability = probability * rate / (k + 1);
    cumulative += probability;
  }
  return out;
}

// Every slot takes 2^24 units: what a light value leaves free is filled by a heavy one.
EVENSR_HD_CALL AliasTable aliasTable(const PoissonMasses& masses) {
  constexpr uint64_t kCapacity = uint64_t{1} << 24;
  AliasTable table;
  table.smallest = masses.smallest;
  uint64_t left[kAliasSlots];
  int light[kAliasSlots], heavy[kAliasSlots];
  int lightCount = 0, heavyCount = 0;
  for (int i = 0; i < kAliasSlots; i++) {
    left[i] = masses.mass[i];
    // A full slot is its own alias: a threshold of 2^24 does not fit.
    table.slots[i] = static_cast<uint32_t>(i);
    if (left[i] < kCapacity) light[lightCount++] = i;
    if (left[i] > kCapacity) heavy[heavyCount++] = i;
  }
  while (lightCount > 0) {
    const int receiver = light[--lightCount];
    const int donor = heavy[heavyCount - 1];
    table.slots[receiver] = static_cast<uint32_t>(left[receiver]) << 8 | donor;
    left[donor] -= kCapacity - left[receiver];
    if (left[donor] > kCapacity) continue;
    heavyCount--;
    if (left[donor] < kCapacity) light[lightCount++] = donor;
  }
  return table;
}

}  // namespace evensr
