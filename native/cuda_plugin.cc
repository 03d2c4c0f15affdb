#include "cuda_plugin.h"

#include <dlfcn.h>

namespace evensr {

CudaStatus cudaStatus() {
  CudaStatus status;
  Dl_info self{};
  dladdr(reinterpret_cast<const void*>(&cudaStatus), &self);
  const std::string addon = self.dli_fname ? self.dli_fname : "";
  const std::string path = addon.substr(0, addon.rfind('/') + 1) + "evensr_cuda.so";
  if (void* plugin = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    status.available = dlsym(plugin, "evensr_cuda_open") != nullptr;
    if (!status.available) status.reason = path + " is not a plugin of this version of evensr";
    return status;
  }
#ifdef EVENSR_HAVE_NVCC
  status.reason = std::string("nvcc is present (") + EVENSR_HAVE_NVCC +
                  "), but this version of evensr has no CUDA plugin yet; use --device cpu";
#else
  status.reason =
      "evensr was built without nvcc and this version has no CUDA plugin yet; use --device cpu";
#endif
  return status;
}

}  // namespace evensr
