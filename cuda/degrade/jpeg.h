// JPEG, by the two coders of native/cpu/operators.h.
#pragma once

#include <vector>

#include "degrade_backend.h"
#include "staging.h"

namespace evensr::cuda {

void compressDiff(Staging& staging, const std::vector<JpegJob>& jobs);
void compressLibjpeg(Staging& staging, const std::vector<JpegJob>& jobs);

}  // namespace evensr::cuda
