// Bicubic interpolation of planar images: what a network is compared with, and alpha's second way.
#pragma once

#include "infer/canvas.h"
#include "network_backend.h"

namespace evensr {

// (B, C, h, w) to (B, C, H, W), Keys' cubic with a = -0.5 (math/metrics.h).
void enlarge(const float* lq, const Shape& from, float* sr, const Shape& to, const RowLoop& loop);

}  // namespace evensr
