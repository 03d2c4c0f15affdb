// The random words of a block of pixels, in vectors.
#pragma once

#include "math/noise.h"

namespace evensr::cpu {

// words[j][lane] = word j of group firstGroup + lane: pixel 32 j + lane of the block.
struct NoiseWords {
  alignas(64) uint32_t words[4][kNoiseLanes];
};

// What noiseWords (math/noise.h) gives, for the groups firstGroup .. firstGroup + 31.
void noiseWordsOf(const NoiseField& field, uint32_t firstGroup, NoiseWords& out);

}  // namespace evensr::cpu
