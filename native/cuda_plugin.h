// Finds the plugins that bring GPUs, or says why there are none.
#pragma once

#include <string>
#include <vector>

#include "cuda_abi.h"

namespace evensr {

struct CudaStatus {
  std::string reason;  // why there is no device, in a sentence that says what to do
  std::vector<CudaDevice> devices;
  bool available() const { return !devices.empty(); }
};

// Looks for evensr_cuda.so beside the addon and asks it for devices. Never throws.
CudaStatus cudaStatus();

// Whether the kernels can run emulated on the CPU: in builds for tests.
bool hasEmulatedDevice();

// One device of a plugin.
struct CudaTarget {
  const CudaApi* api;
  int device;
};

// `name` is "cuda" (the first device), "cuda:N" or "emulated". Throws E_DEVICE, saying what is
// missing.
CudaTarget openCudaDevice(const std::string& name);

}  // namespace evensr
