// Normal numbers, a block of pixels at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/noise_words.h"
#include "math/noise.h"

namespace evensr::cpu {

// The normal numbers of the pixels start .. start + 127 of a field, start a multiple of 128.
EVENSR_HD void normalsOf(const NoiseField& field, size_t start, float* normals) {
  NoiseWords block;
  noiseWordsOf(field, static_cast<uint32_t>(start / 4), block);
  for (int pair = 0; pair < 4; pair += 2) {
    const uint32_t *radii = block.words[pair], *angles = block.words[pair + 1];
    float *first = normals + pair * kNoiseLanes, *second = first + kNoiseLanes;
    for (int lane = 0; lane < kNoiseLanes; lane++) {
      const NormalPair normal = boxMuller(radii[lane], angles[lane]);
      first[lane] = normal.first;
      second[lane] = normal.second;
    }
  }
}

}  // namespace evensr::cpu
