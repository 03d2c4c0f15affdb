// Sums over pixels that several blocks share: each writes its part, and the parts are added in a
// fixed order, so that the same numbers come out of every run.
#pragma once

#include "nn/convolution.h"

namespace evensr::cuda {

// dWeight (O, I, taps) = scale x the sum over slices of partial (slices, taps, I, O).
void sumWeightParts(const ConvolutionContext& context, const float* partial, int slices, int taps,
                    int in, int out, float scale, float* dWeight);

// dBias (O) = scale x the sum of dy over all pixels.
void biasGradient(ConvolutionContext& context, const Activation& dy, float scale, float* dBias);

// Into how many slices to cut `pieces` of work of which `blocks` run beside each other: the answer
// depends on the shapes only, not on the device.
int slicesFor(int pieces, int blocks);

}  // namespace evensr::cuda
