// A batch of training pairs in native memory: what the degradations make and the networks train on.
#pragma once

#include "tensor.h"

namespace evensr {

// gt (B, 3, H, W) and lq (B, 3, h, w), planar float32 in [0, 1].
struct BatchData {
  FloatArray gt, lq;
  int batch = 0;
  int gtHeight = 0, gtWidth = 0;
  int lqHeight = 0, lqWidth = 0;
  double milliseconds = 0;  // time that cutting and degrading took
};

}  // namespace evensr
