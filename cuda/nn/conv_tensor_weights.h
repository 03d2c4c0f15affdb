#pragma once

#include "nn/conv_sums.h"

namespace evensr::cuda {

// dWeight (O, I, 3, 3) = scale x the gradient of a 3 x 3 convolution's weights, factors rounded to
// bfloat16, summed in float32 and in an order that the shapes alone decide.
void tensorWeightGradient(ConvolutionContext& context, const Activation& x, const Activation& dy,
                          float scale, float* dWeight);

}  // namespace evensr::cuda
