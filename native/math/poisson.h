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
// bits, written to `mass`, which has kAliasSlots zeros before. Returns the smallest value. Values
// outside the 256 have a probability below 2^-33 on each side.
EVENSR_HD_CALL int32_t fillPoissonMasses(double rate, uint64_t* mass) {
  constexpr double kTwoTo32 = 4294967296.0;
  constexpr int kLargest = 600;
  double probability = expOf(-rate);
  double cumulative = probability;
  uint64_t before = 0;
  int32_t smallest = 0;
  for (int k = 0; k <= kLargest; k++) {
    const auto here = static_cast<uint64_t>(cumulative * kTwoTo32 + 0.5);
    if (here > before && before == 0) smallest = k;
    if (here > before) mass[k - smallest] = here - before;
    before = here;
    probability = probability * rate / (k + 1);
    const double next = cumulative + probability;
    // Beyond the mode probabilities fall: the first that is lost in the sum is followed by none
    // that is not.
    if (next == cumulative && k > rate) break;
    cumulative = next;
  }
  return smallest;
}

inline PoissonMasses poissonMasses(double rate) {
  PoissonMasses out = {};
  out.smallest = fillPoissonMasses(rate, out.mass);
  return out;
}

// What the filling of a table needs: masses that it uses up, and two stacks.
struct AliasWork {
  uint64_t left[kAliasSlots];
  uint8_t light[kAliasSlots], heavy[kAliasSlots];
};

// The kAliasSlots slots for the masses in work.left, whose sum is 2^32. Every slot takes 2^24
// units: what a light value leaves free is filled by a heavy one.
EVENSR_HD_CALL void fillAliasSlots(AliasWork& work, uint32_t* slots) {
  constexpr uint64_t kCapacity = uint64_t{1} << 24;
  int lightCount = 0, heavyCount = 0;
  for (int i = 0; i < kAliasSlots; i++) {
    // A full slot is its own alias: a threshold of 2^24 does not fit.
    slots[i] = static_cast<uint32_t>(i);
    if (work.left[i] < kCapacity) work.light[lightCount++] = static_cast<uint8_t>(i);
    if (work.left[i] > kCapacity) work.heavy[heavyCount++] = static_cast<uint8_t>(i);
  }
  while (lightCount > 0) {
    const int receiver = work.light[--lightCount];
    const int donor = work.heavy[heavyCount - 1];
    slots[receiver] =
        static_cast<uint32_t>(work.left[receiver]) << 8 | static_cast<uint32_t>(donor);
    work.left[donor] -= kCapacity - work.left[receiver];
    if (work.left[donor] > kCapacity) continue;
    heavyCount--;
    if (work.left[donor] < kCapacity) work.light[lightCount++] = static_cast<uint8_t>(donor);
  }
}

inline AliasTable aliasTable(const PoissonMasses& masses) {
  AliasTable table;
  AliasWork work;
  for (int i = 0; i < kAliasSlots; i++) work.left[i] = masses.mass[i];
  fillAliasSlots(work, table.slots);
  table.smallest = masses.smallest;
  return table;
}

}  // namespace evensr
