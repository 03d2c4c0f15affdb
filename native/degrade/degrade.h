// Applies recipes to images: walks their operations and hands them to a device.
#pragma once

#include <vector>

#include "degrade/plan.h"
#include "degrade_backend.h"

namespace evensr {

struct DegradeImage {
  ImageView gt;           // (3, H, W) in [0, 1], only read
  const ImagePlan* plan;  // outlives the call
  ImageView lq;           // (3, h, w), multiples of 1/255 afterwards
};

// Reuses its memory from call to call; one caller at a time. A GPU gives it a whole batch, the CPU
// one image a thread: what becomes of an image depends on its gt and its recipe only.
class Degrader {
 public:
  explicit Degrader(DegradeBackend& backend) : backend_(&backend) {}

  // The following runs go to another device.
  void use(DegradeBackend& backend) { backend_ = &backend; }

  void run(const DegradeImage* images, int count, const DegradeBank& bank);

 private:
  // An image on its way: `current` lies in one of two buffers, or is still gt.
  struct Slot {
    float* buffers[2];
    int active;  // -1: gt
    ImageView current;
    int next;  // operation
    ImageView advance(int height, int width);
  };

  void place();
  bool nextType(OperationType& type) const;
  bool waitsFor(int image, OperationType type) const;
  void collect(int image, const OperationPlan& operation, const DegradeBank& bank);
  void collectBlur(int image, const OperationPlan& operation, const DegradeBank& bank);
  int rowStepOf(int image) const;
  void own(Slot& slot);
  void clear();
  void send();
  void quantize();

  DegradeBackend* backend_;
  const DegradeImage* images_ = nullptr;
  int count_ = 0;
  std::vector<Slot> slots_;
  std::vector<CopyJob> copies_;
  std::vector<BlurJob> blurs_;
  std::vector<ResizeJob> resizes_;
  std::vector<NoiseJob> noises_;
  std::vector<IspJob> isps_;
  std::vector<InjectJob> injects_;
  std::vector<JpegJob> jpegs_;
  std::vector<ImageView> clamps_;
};

}  // namespace evensr
