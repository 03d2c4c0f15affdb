// The speeds that no kernel on this device exceeds, measured.
#pragma once

namespace evensr::driver {

struct Ceilings {
  double copy = 0;  // bytes a second, read and written together
  double fma = 0;   // float32 operations a second; a fused multiply-add counts as two
  double mma = 0;   // the same of bfloat16 mma.sync
};

// Of the best of several runs; `tiny`: as little work as an emulated device can do.
Ceilings measureCeilings(int device, bool tiny);

}  // namespace evensr::driver
