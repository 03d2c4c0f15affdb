// Borders that mirror the image.
#pragma once

#include "math/host_device.h"

namespace evensr {

// Index of the pixel that a position outside [0, n) shows; the edge pixel is not repeated, so -1
// shows 1. Folds as often as needed: an image may be smaller than the radius, and n = 1 gives 0.
EVENSR_HD_CALL int reflect(int i, int n) {
  if (i >= 0 && i < n) return i;
  const int once = i < 0 ? -i : 2 * (n - 1) - i;
  if (once >= 0 && once < n) return once;
  if (n == 1) return 0;
  const int period = 2 * (n - 1);
  i %= period;
  if (i < 0) i += period;
  return i < n ? i : period - i;
}

}  // namespace evensr
