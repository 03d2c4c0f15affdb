// One parameter's Adam step with decoupled weight decay, and the moving average of the weight.
#pragma once

#include <cmath>

#include "math/host_device.h"

namespace evensr {

// Everything that is the same for all parameters of a step.
struct AdamFactors {
  float beta1, oneMinusBeta1;
  float beta2, oneMinusBeta2;
  float epsilon;
  float stepSize;          // learning rate / (1 - beta1^t)
  float secondMomentRoot;  // sqrt(1 - beta2^t)
  float decay;             // 1 - learning rate * weight decay
  float ema, oneMinusEma;
};

struct AdamState {
  float weight, m, v, ema;
};

// Kingma and Ba 2015, "Adam", algorithm 1, in the order of operations of torch.optim.AdamW
// (Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2).
EVENSR_HD AdamState adamStep(const AdamFactors& f, float gradient, const AdamState& old) {
  AdamState next;
  next.m = f.beta1 * old.m + f.oneMinusBeta1 * gradient;
  next.v = f.beta2 * old.v + f.oneMinusBeta2 * gradient * gradient;
  const float root = std::sqrt(next.v) / f.secondMomentRoot + f.epsilon;
  next.weight = old.weight * f.decay - f.stepSize * (next.m / root);
  next.ema = f.ema * old.ema + f.oneMinusEma * next.weight;
  return next;
}

// What such a step goes along when `gradient` takes the place of the first moment and the second is
// as it stands: gradient / (sqrt(v / (1 - beta2^t)) + epsilon); 0 where there is nothing to divide
// by.
EVENSR_HD float adamDirection(const AdamFactors& f, float gradient, float v) {
  const float root = std::sqrt(v) / f.secondMomentRoot + f.epsilon;
  return root > 0 ? gradient / root : 0;
}

}  // namespace evensr
