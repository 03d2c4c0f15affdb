// How far two pixels' features are apart, whatever their length.
#pragma once

#include <cmath>

#include "math/host_device.h"

namespace evensr {

// |a/(|a| + e) - b/(|b| + e)|^2 with e = 1e-8 (Zhang et al. 2018, "The unreasonable effectiveness
// of deep features as a perceptual metric", equation 1 without learnt weights), from the sums over
// channels aa = a.a, bb = b.b, ab = a.b. In [0, 2] for features that are not negative; exactly 0
// for equal ones.
EVENSR_HD double unitDistance(double aa, double bb, double ab) {
  constexpr double kEpsilon = 1e-8;
  const double a = sqrt(aa) + kEpsilon, b = sqrt(bb) + kEpsilon;
  return aa / (a * a) + bb / (b * b) - 2 * ab / (a * b);
}

}  // namespace evensr
