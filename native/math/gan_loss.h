// Adversarial losses: value and derivative for one logit, target 1 (real) or 0 (fake).
#pragma once

#include <cmath>

#include "math/host_device.h"

namespace evensr {

enum class GanFormula { crossEntropy, leastSquares };

// Binary cross entropy of sigmoid(x), without overflow: max(x, 0) - x t + log(1 + e^-|x|)
// (Goodfellow et al. 2014, with the generator's target turned round as everybody does).
EVENSR_HD float crossEntropyLoss(float x, float target) {
  return (x > 0 ? x : 0) - x * target + std::log1p(std::exp(-std::fabs(x)));
}
EVENSR_HD float crossEntropyGradient(float x, float target) {
  const float decay = std::exp(-std::fabs(x));
  return (x < 0 ? decay : 1) / (1 + decay) - target;
}

// (x - t)^2 (Mao et al. 2017, "Least squares generative adversarial networks").
EVENSR_HD float leastSquaresLoss(float x, float target) { return (x - target) * (x - target); }
EVENSR_HD float leastSquaresGradient(float x, float target) { return 2 * (x - target); }

}  // namespace evensr
