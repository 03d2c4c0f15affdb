// Where bilinear upsampling by an integer factor samples its input.
#pragma once

#include "math/host_device.h"

namespace evensr {

// The two inputs that a bilinear output lies between, along one axis.
struct BilinearTap {
  int first, second;
  float weightFirst, weightSecond;
};

// Of output i. Half-pixel centres, the border pixel repeated: as torch interpolate with
// align_corners false. From the phase within a pixel: rounded alike wherever in a picture a tile
// begins.
EVENSR_HD BilinearTap bilinearTap(int i, int in, int factor) {
  const float offset = (i % factor + 0.5f) / factor - 0.5f;
  const int before = offset < 0 ? i / factor - 1 : i / factor;
  const int last = in - 1;
  if (before < 0) return {0, last < 1 ? last : 1, 1, 0};
  const float weight = offset < 0 ? offset + 1 : offset;
  return {before, before + 1 < last ? before + 1 : last, 1 - weight, weight};
}

}  // namespace evensr
