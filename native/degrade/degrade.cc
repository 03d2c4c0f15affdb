#include "degrade/degrade.h"

#include <algorithm>

namespace evensr {
namespace {

constexpr int kChannels = 3;

size_t area(int height, int width) { return static_cast<size_t>(height) * width; }

size_t largestPlane(const ImagePlan& plan) {
  size_t plane = std::max(area(plan.gtHeight, plan.gtWidth), area(plan.lqHeight, plan.lqWidth));
  for (const StagePlan& s : plan.stages) plane = std::max(plane, area(s.height, s.width));
  return plane;
}

template <int stage>
KernelParameters stageKernel(const ImagePlan& plan) {
  return plan.stages[stage].kernel;
}

// The size in a ResizeJob's `out` is all that is read of it.
template <int stage>
ResizeJob stageSize(const ImagePlan& plan) {
  const StagePlan& s = plan.stages[stage];
  return {{}, {nullptr, kChannels, s.height, s.width}, s.mode, s.resizeScale};
}

ResizeJob finalSize(const ImagePlan& plan) {
  return {{}, {nullptr, kChannels, plan.lqHeight, plan.lqWidth}, plan.finalMode, 0};
}

}  // namespace

// Real-ESRGAN (arXiv 2107.10833, section 3 and released code): two stages of blur, resize, noise
// and JPEG; the second stage's JPEG comes before or after [resize to lq, sinc], which are one unit.
void Degrader::run(const DegradeImage* images, int count) {
  images_ = images;
  count_ = count;
  place();

  blur(stageKernel<0>);
  resize(stageSize<0>);
  noise(0);
  jpeg(0, [](const ImagePlan&) { return true; });

  blur(stageKernel<1>);
  resize(stageSize<1>);
  noise(1);
  jpeg(1, [](const ImagePlan& plan) { return plan.finalOrder == FinalOrder::jpegThenResize; });
  resize(finalSize);
  blur([](const ImagePlan& plan) { return plan.finalSinc; });
  jpeg(1, [](const ImagePlan& plan) { return plan.finalOrder == FinalOrder::resizeThenJpeg; });

  quantize();
}

ImageView Degrader::Slot::advance(int height, int width) {
  active = active == 0 ? 1 : 0;
  current = {buffers[active], kChannels, height, width};
  return current;
}

// Two buffers an image, each large enough for its largest stage.
void Degrader::place() {
  constexpr size_t kRound = kAlignment / sizeof(float);
  slots_.resize(count_);
  kernels_.resize(count_);
  size_t total = 0;
  const auto sizeOf = [](const DegradeImage& image) {
    return (kChannels * largestPlane(image.plan) + kRound - 1) / kRound * kRound;
  };
  for (int i = 0; i < count_; i++) total += 2 * sizeOf(images_[i]);
  float* memory = backend_.workspace(total);
  for (int i = 0; i < count_; i++) {
    const size_t size = sizeOf(images_[i]);
    slots_[i] = {{memory, memory + size}, -1, images_[i].gt};
    memory += 2 * size;
  }
}

// Copies the images that are still gt: the next operator works in place.
void Degrader::own() {
  copies_.clear();
  for (Slot& slot : slots_) {
    if (slot.active >= 0) continue;
    const ImageView gt = slot.current;
    copies_.push_back({gt, slot.advance(gt.height, gt.width)});
  }
  if (!copies_.empty()) backend_.copy(copies_.data(), static_cast<int>(copies_.size()));
}

void Degrader::blur(KernelParameters (*kernelOf)(const ImagePlan&)) {
  blurs_.clear();
  for (int i = 0; i < count_; i++) {
    const KernelParameters parameters = kernelOf(images_[i].plan);
    if (parameters.type == KernelType::none) continue;
    BlurKernel& kernel = kernels_[i];
    makeKernel(parameters, kernel);
    const ImageView in = slots_[i].current;
    const ImageView out = slots_[i].advance(in.height, in.width);
    blurs_.push_back({in, out, kernel.taps, kernel.separable ? kernel.row : nullptr, kernel.size});
  }
  if (!blurs_.empty()) backend_.blur(blurs_.data(), static_cast<int>(blurs_.size()));
}

// A resize to the same size is an exact copy (see cpu/resize.cc), so it is left out.
void Degrader::resize(ResizeJob (*targetOf)(const ImagePlan&)) {
  resizes_.clear();
  for (int i = 0; i < count_; i++) {
    ResizeJob job = targetOf(images_[i].plan);
    job.in = slots_[i].current;
    if (job.in.height == job.out.height && job.in.width == job.out.width) continue;
    job.out = slots_[i].advance(job.out.height, job.out.width);
    resizes_.push_back(job);
  }
  if (!resizes_.empty()) backend_.resize(resizes_.data(), static_cast<int>(resizes_.size()));
}

void Degrader::noise(int stage) {
  own();
  noises_.clear();
  for (int i = 0; i < count_; i++) {
    const ImagePlan& plan = images_[i].plan;
    const StagePlan& s = plan.stages[stage];
    if (s.noise == NoiseType::none) continue;
    noises_.push_back(
        {slots_[i].current, s.noise, s.noiseLevel, s.noiseGray, plan.key, plan.grayKey, stage});
  }
  if (!noises_.empty()) backend_.noise(noises_.data(), static_cast<int>(noises_.size()));
}

// The image is clamped where Real-ESRGAN compresses it, also when this recipe does not compress.
void Degrader::jpeg(int stage, bool (*due)(const ImagePlan&)) {
  jpegs_.clear();
  clamps_.clear();
  for (int i = 0; i < count_; i++) {
    const ImagePlan& plan = images_[i].plan;
    if (!due(plan)) continue;
    const double quality = plan.stages[stage].jpegQuality;
    if (quality > 0) {
      jpegs_.push_back({slots_[i].current, plan.jpegBackend, quality});
    } else {
      clamps_.push_back(slots_[i].current);
    }
  }
  if (!jpegs_.empty()) backend_.jpeg(jpegs_.data(), static_cast<int>(jpegs_.size()));
  if (!clamps_.empty()) backend_.clamp(clamps_.data(), static_cast<int>(clamps_.size()));
}

void Degrader::quantize() {
  copies_.clear();
  for (int i = 0; i < count_; i++) copies_.push_back({slots_[i].current, images_[i].lq});
  backend_.quantize(copies_.data(), count_);
}

}  // namespace evensr
