// Poisson noise: what native/cpu/operators.h says of addPoissonNoise and addPoissonNoiseOf.
#pragma once

#include <vector>

#include "cpu/poisson_tables.h"
#include "staging.h"

namespace evensr::cuda {

struct NoiseItem;

// The static alias tables of math/poisson.h on the device, 2.4 MB; sent when they are first needed.
class PoissonBank {
 public:
  // Those of vals = 1, 2, 4, ... 256, one after the other.
  const cpu::PoissonTables* tables(cudaStream_t stream);

 private:
  DeviceBuffer tables_;
};

// Both want items of Poisson noise only.

// Gives every item what it has to know before noise can be drawn: the levels of its image, or the
// distributions of its rates. One launch.
void preparePoisson(Staging& staging, std::vector<NoiseItem>& items);
// Adds noise of given photons at white. One launch.
void addPoissonOfVals(Staging& staging, std::vector<NoiseItem> items);

}  // namespace evensr::cuda
