// Bilinear and bicubic resizes with PyTorch's conventions.
#pragma once

#include "cpu/scratch.h"
#include "degrade_backend.h"

namespace evensr::cpu {

// Steps: input pixels per output pixel (math/resize.h).
void resizeBilinear(const ResizeJob& job, float stepY, float stepX, Scratch& scratch);
void resizeBicubic(const ResizeJob& job, float stepY, float stepX, Scratch& scratch);

}  // namespace evensr::cpu
