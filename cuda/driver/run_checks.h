#pragma once

#include "cuda_abi.h"
#include "options.h"

namespace evensr::driver {

// Runs the checks that are wanted, prints a line for each and a table of groups at the end. The
// exit status.
int runChecks(const CudaApi& api, const Options& options);

}  // namespace evensr::driver
