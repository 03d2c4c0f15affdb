// The distributions that BRISQUE fits, by their moments.
#pragma once

#include <cmath>

#include "math/host_device.h"

namespace evensr {

// E[|x|]^2 / E[x^2] of a generalised Gaussian of shape gamma (Mittal et al. 2012).
EVENSR_HD_CALL double gaussianRatio(double gamma) {
  const double mean = std::tgamma(2 / gamma);
  return mean * mean / (std::tgamma(1 / gamma) * std::tgamma(3 / gamma));
}

// What that ratio would be of a symmetric one, from E[|x|]^2 / E[x^2] of an asymmetric one whose
// left and right deviations have the given quotient (Lasmar, Stitou, Berthoumieu 2009).
EVENSR_HD_CALL double symmetricRatio(double ratio, double quotient) {
  const double square = quotient * quotient + 1;
  return ratio * (quotient * quotient * quotient + 1) * (quotient + 1) / (square * square);
}

// Mean of an asymmetric generalised Gaussian (Mittal et al. 2012).
EVENSR_HD_CALL double asymmetricMean(double left, double right, double gamma) {
  const double scale = std::sqrt(std::tgamma(1 / gamma)) / std::sqrt(std::tgamma(3 / gamma));
  return (right - left) * (std::tgamma(2 / gamma) / std::tgamma(1 / gamma)) * scale;
}

}  // namespace evensr
