// What each thread of the degrade pool keeps from image to image.
#pragma once

#include "cpu/cpu_degrade.h"
#include "degrade/degrade.h"

namespace evensr {

struct DegradeWorker {
  cpu::CpuDegradeBackend backend;
  Degrader degrader{backend};
  FloatArray crop;  // gt before sharpening
};

}  // namespace evensr
