#pragma once

#include <vector>

#include "network_backend.h"

namespace evensr {

// dBias[c] = scale x the sum of dy over batch and pixels. `sums` is memory for parts of it, which
// do not depend on the number of threads.
void biasGradient(const Activation& dy, float scale, std::vector<float>& sums, float* dBias);

}  // namespace evensr
