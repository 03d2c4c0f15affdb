// Normal numbers, a block of pixels at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "math/noise.h"

namespace evensr::cpu {

// The normal numbers of the pixels start .. start + 127 of a field, start a multiple of 128.
EVENSR_HD void normalsOf(const NoiseField& field, size_t start, float* normals) {
  const auto firstGroup = static_cast<uint32_t>(start / 4);
  for (int lane = 0; lane < kNoiseLanes; lane++) {
    const PhiloxBlock words = noiseWords(field, firstGroup + lane);
    const NormalPair a = boxMuller(words.w0, words.w1);
    const NormalPair b = boxMuller(words.w2, words.w3);
    normals[lane] = a.first;
    normals[kNoiseLanes + lane] = a.second;
    normals[2 * kNoiseLanes + lane] = b.first;
    normals[3 * kNoiseLanes + lane] = b.second;
  }
}

}  // namespace evensr::cpu
