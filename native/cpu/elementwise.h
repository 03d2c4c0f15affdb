// Element by element over activations, whole ones or slices of channels.
#pragma once

#include "network_backend.h"
#include "tensor.h"

namespace evensr {

// y = a + scale b; y may be a or b.
void addScaled(const Activation& a, const Activation& b, float scale, const Activation& y);
// y = scale x; y may be x.
void scaleBy(const Activation& x, float scale, const Activation& y);
// x itself, or a copy of the slice that it is in `memory`, which grows as needed.
Activation dense(const Activation& x, FloatArray& memory);

}  // namespace evensr
