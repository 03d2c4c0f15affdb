// What the CUDA plugin offers to whoever loads it: the addon, or the driver of the GPU tests.
//
// Loader and plugin are built together, by the same compiler: C++ interfaces and CodedErrors cross
// the boundary, and `version` refuses a plugin of another build.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "degrade_backend.h"
#include "device_memory.h"
#include "network_backend.h"

namespace evensr {

struct CudaDevice {
  std::string name;          // as the driver calls it, for example "NVIDIA H200"; or "emulated"
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  size_t memory = 0, freeMemory = 0;  // bytes
};

// The degradation operators of a GPU, and memory for images that last longer than one run. All
// pointers in jobs are the device's, but for kernels and patches, which are read before a method
// returns. Calls come from one thread at a time and are queued in their order.
class DeviceDegradeBackend : public DegradeBackend {
 public:
  virtual void makeCurrent() = 0;  // called by the thread that will make the next calls
  // Throws E_MEMORY.
  virtual std::unique_ptr<DeviceMemory> allocate(size_t bytes) = 0;
  virtual void upload(const void* host, void* device, size_t bytes) = 0;
  // Waits for all that was queued before; throws what went wrong in it.
  virtual void download(const void* device, void* host, size_t bytes) = 0;
};

struct CudaApi {
  int version;       // kCudaApiVersion of the plugin's sources
  const char* kind;  // the name it goes by in --device: "cuda" or "emulated"
  // The devices there are. Throws E_DEVICE, which says what is missing: a driver, a device, or a
  // driver new enough.
  std::vector<CudaDevice> (*devices)();
  // Backends on one of them, by its place in devices(). Throw E_DEVICE and E_MEMORY.
  std::unique_ptr<DeviceDegradeBackend> (*degradeBackend)(int device);
  std::unique_ptr<NetworkBackend> (*networkBackend)(int device, Precision precision);
};

// Goes up with every change of what crosses the boundary.
constexpr int kCudaApiVersion = 1;

// The one symbol of the plugin: const evensr::CudaApi* evensr_cuda_open().
constexpr const char* kCudaOpenSymbol = "evensr_cuda_open";

}  // namespace evensr
