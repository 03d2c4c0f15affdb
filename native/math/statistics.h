// Statistics of filter responses over a picture, from sums over its pixels.
#pragma once

#include <cmath>

#include "math/host_device.h"

namespace evensr {

// Keeps the gradient of a root mean square finite where all responses are 0.
constexpr double kRmsFloor = 1e-12;

// sqrt(mean x^2 + floor)
EVENSR_HD float rootMeanSquare(double sumOfSquares, double count) {
  return static_cast<float>(std::sqrt(sumOfSquares / count + kRmsFloor));
}

// The gradient of one response x: with respect to the mean of |x|, which is 0 at 0, times dMean,
// plus x / rms times dRms, `share` being 1 / count.
EVENSR_HD float statisticsGradient(float x, float dMean, float dRmsOverRms, float share) {
  const float sign = x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f;
  return share * (sign * dMean + x * dRmsOverRms);
}

}  // namespace evensr
