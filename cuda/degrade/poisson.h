// Poisson noise: what native/cpu/operators.h says of addPoissonNoise and addPoissonNoiseOf.
#pragma once

#include <vector>

#include "degrade_backend.h"
#include "staging.h"

namespace evensr::cuda {

// The static alias tables of math/poisson.h on the device; sent when they are first needed.
class PoissonBank {
 public:
  // Tables for vals = 1, 2, 4, ... 256, one after the other.
  const void* tables(cudaStream_t stream);

 private:
  DeviceBuffer tables_;
};

// Photons at white by the number of different levels in the image.
void addPoissonOfLevels(Staging& staging, PoissonBank& bank, const std::vector<NoiseJob>& jobs);
// Photons at white as given.
void addPoissonOfVals(Staging& staging, const std::vector<NoiseJob>& jobs);

}  // namespace evensr::cuda
