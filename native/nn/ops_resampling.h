// Operators whose result has another size than their input; rows of the table in ops.cc.
#pragma once

#include "nn/ops.h"

namespace evensr {

Op pixelShuffle();
Op pixelUnshuffle();
Op maxPool();
Op upsampleNearest();
Op upsampleBilinear();

}  // namespace evensr
