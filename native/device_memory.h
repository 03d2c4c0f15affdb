#pragma once

namespace evensr {

// Device memory that frees itself.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  virtual void* data() = 0;
};

}  // namespace evensr
