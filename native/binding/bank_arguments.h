// Estimated kernels and noise patches from JavaScript.
#pragma once

#include <memory>

#include "binding/napi_setup.h"
#include "degrade/bank.h"
#include "io/pack_file.h"

namespace evensr {

// {size, taps}: kernels one after the other, size x size each. Throws E_SHAPE and, for taps that
// cannot blur, E_KERNEL.
void readKernels(const Napi::Object& kernels, DegradeBank& bank);

// {pack, size, places}: squares of the pack's images; places hold image, top and left of each.
// Returns the pack, which the bank points into. Throws E_SHAPE, E_CROP, E_DISPOSED.
std::shared_ptr<const PackFile> readPatches(const Napi::Object& patches, DegradeBank& bank);

}  // namespace evensr
