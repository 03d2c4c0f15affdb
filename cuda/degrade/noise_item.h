// What the kernels of noise read of a job.
#pragma once

#include "degrade/plan.h"
#include "degrade/tiles.cuh"
#include "math/noise.h"
#include "math/poisson.h"
#include "math/poisson_large.h"

namespace evensr::cuda {

constexpr int kLevels = 256;

struct NoiseItem {
  BlockRange blocks;
  float* image;  // three planes of `pixels`
  int pixels;
  NoiseType type;
  NoiseChannels channels;
  float level;       // sigma as a share of white; of Poisson noise its scale
  float mix[3][3];   // of correlated channels
  NoiseField field;  // of the first channel, or of all
  // Photons at white by the image's levels:
  unsigned* seen;  // (8), a bit a level
  // Photons at white as given:
  double vals;         // else 0
  int tableCount;      // of levels whose rate is below kSmallestRejectionRate
  AliasTable* tables;  // (tableCount)
  PoissonRate* rates;  // (256), from `tableCount` on
};

}  // namespace evensr::cuda
