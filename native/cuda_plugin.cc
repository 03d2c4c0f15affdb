#include "cuda_plugin.h"

#include <dlfcn.h>

#include <cstdlib>

#include "error.h"

namespace evensr {
namespace {

std::string besideAddon(const char* file) {
  Dl_info self{};
  dladdr(reinterpret_cast<const void*>(&cudaStatus), &self);
  const std::string addon = self.dli_fname ? self.dli_fname : "";
  return addon.substr(0, addon.rfind('/') + 1) + file;
}

// A plugin that has been looked for once; it is never unloaded.
struct Plugin {
  const CudaApi* api = nullptr;
  std::string problem;

  Plugin(const char* file, const char* missing) {
    const std::string path = besideAddon(file);
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      problem = missing;
      return;
    }
    const auto open = reinterpret_cast<const CudaApi* (*)()>(dlsym(handle, kCudaOpenSymbol));
    const CudaApi* found = open ? open() : nullptr;
    if (found == nullptr || found->version != kCudaApiVersion) {
      problem = path + " belongs to another version of evensr; build evensr again";
      return;
    }
    api = found;
  }
};

const Plugin& cudaPlugin() {
#ifdef EVENSR_HAVE_NVCC
  static const Plugin plugin("evensr_cuda.so",
                             "evensr_cuda.so is missing beside the addon; build evensr again");
#else
  static const Plugin plugin("evensr_cuda.so",
                             "evensr was built without nvcc; install the CUDA toolkit and build it "
                             "again, or use --device cpu");
#endif
  return plugin;
}

const Plugin& emulatedPlugin() {
  static const Plugin plugin("evensr_cuda_emulated.so",
                             "the emulated device is only there in builds for tests");
  return plugin;
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw CodedError("E_DEVICE", "device " + name + " is not there: " + why);
}

// The N of "cuda:N", 0 without one; -1: the name is of another form.
int cudaIndex(const std::string& name) {
  if (name == "cuda") return 0;
  if (name.compare(0, 5, "cuda:") != 0 || name.size() == 5 || name.size() > 8) return -1;
  if (name.find_first_not_of("0123456789", 5) != std::string::npos) return -1;
  return std::atoi(name.c_str() + 5);
}

}  // namespace

CudaStatus cudaStatus() {
  CudaStatus status;
  const Plugin& plugin = cudaPlugin();
  status.reason = plugin.problem;
  if (plugin.api == nullptr) return status;
  try {
    status.devices = plugin.api->devices();
  } catch (const std::exception& error) {
    status.reason = error.what();
  }
  return status;
}

bool hasEmulatedDevice() { return emulatedPlugin().api != nullptr; }

CudaTarget openCudaDevice(const std::string& name) {
  if (name == "emulated") {
    if (!hasEmulatedDevice()) refuse(name, emulatedPlugin().problem);
    return {emulatedPlugin().api, 0};
  }
  const int index = cudaIndex(name);
  if (index < 0) refuse(name, "known: cpu, cuda, cuda:N");
  const CudaStatus status = cudaStatus();
  if (!status.available()) refuse(name, status.reason);
  if (index >= static_cast<int>(status.devices.size())) {
    refuse(name, "there are " + std::to_string(status.devices.size()) + " CUDA devices");
  }
  return {cudaPlugin().api, index};
}

}  // namespace evensr
