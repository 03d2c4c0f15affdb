// What a device must be able to do to degrade images: one method an operator.
//
// Each method takes any number of images of any sizes, so that a GPU can run a whole batch in one
// launch, while the CPU calls the same code with one image a thread. The order of the operators is
// degrade/degrade.cc's business alone. `in` and `out` never overlap unless one view does both.
#pragma once

#include "degrade/plan.h"
#include "tensor.h"

namespace evensr {

struct BlurJob {
  ImageView in, out;        // the same shape
  KernelParameters kernel;  // what the taps are made from
  const float* given;       // bank: size x size taps, host memory, row by row; else null
  int rowStep = 1;          // only rows 0, rowStep, 2 rowStep, ... of `out` need be made
};

struct ResizeJob {
  ImageView in, out;
  ResizeMode mode;
  double scale;  // the factor asked for, or 0 when the size was asked for: it sets the step
};

struct NoiseJob {
  ImageView image;  // in place
  NoiseParameters parameters;
  NoiseKey key, grayKey;
  int stage;  // from 0
};

struct IspJob {
  ImageView image;  // in place
  IspParameters parameters;
  NoiseKey key;
  int stage;  // from 0
};

struct InjectJob {
  ImageView image;   // in place
  NoisePatch patch;  // its first pixel meets the image's
};

struct JpegJob {
  ImageView image;  // in place
  JpegParameters parameters;
};

struct CopyJob {
  ImageView in, out;  // the same shape
};

class DegradeBackend {
 public:
  virtual ~DegradeBackend() = default;

  // Device memory for intermediate images, valid until the next call.
  virtual float* workspace(size_t floats) = 0;

  // Cross-correlation with reflected borders, the same kernel on all channels.
  virtual void blur(const BlurJob* jobs, int count) = 0;
  virtual void resize(const ResizeJob* jobs, int count) = 0;
  // Adds noise and clamps to [0, 1].
  virtual void noise(const NoiseJob* jobs, int count) = 0;
  // Noise of a camera's sensor, seen through its processing; clamps to [0, 1].
  virtual void isp(const IspJob* jobs, int count) = 0;
  // Adds a piece of real noise, less its mean in each channel, and clamps to [0, 1].
  virtual void inject(const InjectJob* jobs, int count) = 0;
  // Clamps to [0, 1], compresses and decompresses.
  virtual void jpeg(const JpegJob* jobs, int count) = 0;
  // Unsharp mask of Real-ESRGAN: radius 50, amount 0.5, threshold 10; see math/usm.h.
  virtual void usm(const CopyJob* jobs, int count) = 0;
  virtual void copy(const CopyJob* jobs, int count) = 0;
  virtual void clamp(const ImageView* images, int count) = 0;
  // out = clamp(round(255 in), 0, 255) / 255, ties to even.
  virtual void quantize(const CopyJob* jobs, int count) = 0;
};

}  // namespace evensr
