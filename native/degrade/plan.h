// A recipe decoded, checked, and applied to one image size.
#pragma once

#include "degrade/bank.h"
#include "degrade/recipe.h"
#include "math/blur_kernel.h"

namespace evensr {

struct NoiseParameters {
  NoiseType type;
  float level;  // Gaussian, speckle: sigma in 8-bit units; Poisson: scale
  NoiseChannels channels;
  float mix[6];  // correlated: the symmetric matrix that mixes three independent fields
  double vals;   // Poisson: photons at white; 0: from the image's distinct levels
};

struct IspParameters {
  double gain, red, blue;
  double weights[4];
  double shot, read;
};

struct InjectParameters {
  int patch, top, left;
};

struct JpegParameters {
  double quality;
  JpegBackend backend;
  Subsampling subsampling;
};

// Only the members of its type mean something.
struct OperationPlan {
  OperationType type;
  int stage;          // from 0
  int height, width;  // of the image afterwards
  KernelParameters kernel;
  ResizeMode mode;
  double resizeScale;  // as ResizeJob wants it
  NoiseParameters noise;
  IspParameters isp;
  InjectParameters inject;
  JpegParameters jpeg;
};

struct ImagePlan {
  int scale;
  int gtHeight, gtWidth, lqHeight, lqWidth;
  NoiseKey key, grayKey;
  int count;
  OperationPlan operations[kMaxOperations];
};

// Throws E_RECIPE, naming the operation, its field, its value and what it may be, for everything
// that has no meaning or would be undefined behaviour: sizes that become 0 or too large, two noise
// operations that would share random numbers, an image that does not end at the lq size gt / scale.
// Sizes: of the input floor(side factor), of lq trunc(gt / scale * factor), as in Real-ESRGAN.
ImagePlan planImage(const Recipe& recipe, int gtHeight, int gtWidth, const DegradeBank& bank = {});

// The same for the first `steps` operations only; lq is then whatever size they end at.
ImagePlan planSteps(const Recipe& recipe, int gtHeight, int gtWidth, const DegradeBank& bank,
                    int steps);

}  // namespace evensr
