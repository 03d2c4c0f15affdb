// Finds the CUDA plugin, or says why there is none.
#pragma once

#include <string>

namespace evensr {

struct CudaStatus {
  bool available = false;
  std::string reason;  // why not, in a sentence that says what to do; empty when available
};

// Looks for evensr_cuda.so beside the addon. Never needs a driver, never throws.
CudaStatus cudaStatus();

}  // namespace evensr
