// Degradation of whole batches on a GPU, from and to memory of the host.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cuda_plugin.h"
#include "degrade/degrade.h"

namespace evensr {

// One image of a batch; views of host memory.
struct HostSample {
  ImageView plain;        // (3, H, W) in [0, 1], only read
  ImageView sharpened;    // without data: gt is not sharpened
  const ImagePlan* plan;  // of what is then degraded
  ImageView lq;
};

// Any thread may run a batch; they take turns.
class DeviceDegrader {
 public:
  // Throws E_DEVICE.
  explicit DeviceDegrader(const std::string& name);
  // Throws E_MEMORY, E_GPU.
  void run(const std::vector<HostSample>& samples, const DegradeBank& bank);

 private:
  ImageView image(size_t slot, const ImageView& like);

  std::mutex mutex_;
  std::unique_ptr<DeviceDegradeBackend> backend_;
  struct Memory {
    std::unique_ptr<DeviceMemory> memory;
    size_t bytes = 0;
  };
  std::vector<Memory> images_;
};

// One a device, made when it is first asked for and kept.
class DeviceDegraders {
 public:
  // Throws E_DEVICE.
  std::shared_ptr<DeviceDegrader> at(const std::string& name);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<DeviceDegrader>> devices_;
};

}  // namespace evensr
