#include "check.h"

namespace evensr::driver {
namespace {

const Registered devices("runtime/devices", [](Context& context) {
  for (const CudaDevice& device : context.api.devices()) {
    if (device.memory == 0 || device.freeMemory > device.memory) {
      throw Failed() << device.name << " has " << device.memory << " bytes, " << device.freeMemory
                     << " of them free";
    }
  }
});

}  // namespace
}  // namespace evensr::driver
