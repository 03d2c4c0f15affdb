// Pixel losses: value and derivative for one element, d = sr - gt.
#pragma once

#include <cmath>

#include "math/host_device.h"

namespace evensr {

enum class LossType { l1, l2, charbonnier };

EVENSR_HD float l1Loss(float d) { return d < 0 ? -d : d; }
// The derivative at 0 is 0, as torch.sign.
EVENSR_HD float l1Gradient(float d) {
  return static_cast<float>(d > 0) - static_cast<float>(d < 0);
}

EVENSR_HD float l2Loss(float d) { return d * d; }
EVENSR_HD float l2Gradient(float d) { return 2 * d; }

// sqrt(d^2 + epsilon^2) (Lai et al. 2017, "Deep Laplacian pyramid networks", section 3.3).
EVENSR_HD float charbonnierLoss(float d, float epsilon) {
  return std::sqrt(d * d + epsilon * epsilon);
}
EVENSR_HD float charbonnierGradient(float d, float epsilon) {
  return d / charbonnierLoss(d, epsilon);
}

}  // namespace evensr
