// A recipe decoded, checked, and applied to one image size.
#pragma once

#include "degrade/kernels.h"
#include "degrade/recipe.h"

namespace evensr {

struct StagePlan {
  KernelParameters kernel;  // type none: no blur
  ResizeMode mode;
  double resizeScale;  // as ResizeJob wants it: 0 in stage 2, which asks for a size
  int height, width;   // after the resize
  NoiseType noise;
  float noiseLevel;
  bool noiseGray;
  double jpegQuality;  // 0: none
};

struct ImagePlan {
  int scale;
  int gtHeight, gtWidth, lqHeight, lqWidth;
  NoiseKey key, grayKey;
  StagePlan stages[2];
  FinalOrder finalOrder;
  ResizeMode finalMode;
  KernelParameters finalSinc;  // type none: no filter
  JpegBackend jpegBackend;
};

// Throws E_RECIPE, naming the field and its value, for everything that has no meaning or would be
// undefined behaviour, for example sizes that become 0. Sizes: stage 1 floor(H s), stage 2
// int(H / scale s), lq H / scale, as in Real-ESRGAN (PyTorch's scale_factor and size).
ImagePlan planImage(const Recipe& recipe, int gtHeight, int gtWidth);

}  // namespace evensr
