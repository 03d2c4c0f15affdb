// Applies recipes to images: the order of the stages, and the only place that knows it.
#pragma once

#include <vector>

#include "degrade/kernels.h"
#include "degrade/plan.h"
#include "degrade_backend.h"

namespace evensr {

struct DegradeImage {
  ImageView gt;  // (3, H, W) in [0, 1], only read
  ImagePlan plan;
  ImageView lq;  // (3, h, w), multiples of 1/255 afterwards
};

// Reuses its memory from call to call; one caller at a time. A GPU gives it a whole batch, the CPU
// one image a thread: what becomes of an image depends on its gt and its recipe only.
class Degrader {
 public:
  explicit Degrader(DegradeBackend& backend) : backend_(backend) {}
  void run(const DegradeImage* images, int count);

 private:
  // An image on its way: `current` lies in one of two buffers, or is still gt.
  struct Slot {
    float* buffers[2];
    int active;  // -1: gt
    ImageView current;
    ImageView advance(int height, int width);
  };

  void place();
  void own();
  void blur(KernelParameters (*kernelOf)(const ImagePlan&));
  void resize(ResizeJob (*targetOf)(const ImagePlan&));
  void noise(int stage);
  void jpeg(int stage, bool (*due)(const ImagePlan&));
  void quantize();

  DegradeBackend& backend_;
  const DegradeImage* images_ = nullptr;
  int count_ = 0;
  std::vector<Slot> slots_;
  std::vector<BlurKernel> kernels_;
  std::vector<BlurJob> blurs_;
  std::vector<ResizeJob> resizes_;
  std::vector<NoiseJob> noises_;
  std::vector<JpegJob> jpegs_;
  std::vector<CopyJob> copies_;
  std::vector<ImageView> clamps_;
};

}  // namespace evensr
