// The plugin's one symbol.
#include "cuda_abi.h"
#include "degrade/cuda_degrade.h"
#include "error.h"
#include "nn/cuda_network.h"
#include "runtime.h"

namespace evensr::cuda {
namespace {

#ifdef EVENSR_EMULATED
constexpr const char* kKind = "emulated";
#else
constexpr const char* kKind = "cuda";
#endif

std::string version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

// The runtime reports a missing driver as one that is too old.
std::string whyNone(cudaError_t status) {
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  if (status == cudaErrorInsufficientDriver && driver == 0) {
    return "no NVIDIA driver is installed; install one, or use --device cpu";
  }
  if (status == cudaErrorInsufficientDriver) {
    return "the NVIDIA driver knows CUDA " + version(driver) + ", but evensr was built with " +
           version(runtime) + "; install a newer driver";
  }
  if (status == cudaSuccess || status == cudaErrorNoDevice) return "there is no NVIDIA GPU";
  return std::string("the GPUs cannot be listed: ") + cudaGetErrorString(status);
}

std::vector<CudaDevice> devices() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0) throw CodedError("E_DEVICE", whyNone(status));
  std::vector<CudaDevice> result;
  for (int i = 0; i < count; i++) {
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, i), "asking for the properties of a GPU");
    CudaDevice device;
    device.name = properties.name;
    device.major = properties.major;
    device.minor = properties.minor;
    device.multiprocessors = properties.multiProcessorCount;
    check(cudaSetDevice(i), "choosing the GPU");
    check(cudaMemGetInfo(&device.freeMemory, &device.memory), "asking for the memory of a GPU");
    result.push_back(device);
  }
  return result;
}

std::unique_ptr<DeviceDegradeBackend> degradeBackend(int device) {
  return std::make_unique<CudaDegradeBackend>(device);
}

std::unique_ptr<NetworkBackend> networkBackend(int device, Precision precision) {
  return std::make_unique<CudaNetworkBackend>(device, precision);
}

const CudaApi kApi = {kCudaApiVersion, kKind, devices, degradeBackend, networkBackend};

}  // namespace
}  // namespace evensr::cuda

extern "C" __attribute__((visibility("default"))) const evensr::CudaApi* evensr_cuda_open() {
  return &evensr::cuda::kApi;
}
