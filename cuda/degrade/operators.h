// The degradation operators, each for a whole batch: they queue their kernels and return.
//
// Every one gives the bytes that its namesake in native/cpu gives, because it computes every pixel
// with the same operations in the same order.
#pragma once

#include "degrade/poisson.h"
#include "degrade_backend.h"
#include "staging.h"

namespace evensr::cuda {

void blur(Staging& staging, const BlurJob* jobs, int count);
void resize(Staging& staging, const ResizeJob* jobs, int count);
void addNoise(Staging& staging, PoissonBank& bank, const NoiseJob* jobs, int count);
void cameraNoise(Staging& staging, const IspJob* jobs, int count);
void inject(Staging& staging, const InjectJob* jobs, int count);
void compress(Staging& staging, const JpegJob* jobs, int count);
void usm(Staging& staging, const CopyJob* jobs, int count);
void copy(Staging& staging, const CopyJob* jobs, int count);
void clamp(Staging& staging, const ImageView* images, int count);
void quantize(Staging& staging, const CopyJob* jobs, int count);

}  // namespace evensr::cuda
