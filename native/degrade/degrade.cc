#include "degrade/degrade.h"

#include <algorithm>

#include "math/resize.h"

namespace evensr {
namespace {

constexpr int kChannels = 3;

size_t area(int height, int width) { return static_cast<size_t>(height) * width; }

size_t largestPlane(const ImagePlan& plan) {
  size_t plane = area(plan.gtHeight, plan.gtWidth);
  for (int i = 0; i < plan.count; i++) {
    plane = std::max(plane, area(plan.operations[i].height, plan.operations[i].width));
  }
  return plane;
}

bool worksInPlace(OperationType type) {
  return type != OperationType::blur && type != OperationType::resize;
}

// A resize to the same size is an exact copy (see cpu/resize.cc) and left out.
bool isCopy(const OperationPlan& resize, const ImageView& in) {
  return in.height == resize.height && in.width == resize.width;
}

// The patch from the place on that the recipe names.
NoisePatch patchAt(const InjectParameters& inject, const DegradeBank& bank) {
  const NoisePatch& patch = bank.patches[inject.patch];
  return {patch.pixels + inject.top * patch.stride + static_cast<size_t>(inject.left) * kChannels,
          patch.stride};
}

template <class Job>
void sendJobs(DegradeBackend* backend, void (DegradeBackend::*method)(const Job*, int),
              const std::vector<Job>& jobs) {
  if (!jobs.empty()) (backend->*method)(jobs.data(), static_cast<int>(jobs.size()));
}

}  // namespace

void Degrader::run(const DegradeImage* images, int count, const DegradeBank& bank) {
  images_ = images;
  count_ = count;
  place();
  for (OperationType type; nextType(type);) {
    clear();
    for (int i = 0; i < count_; i++) {
      if (!waitsFor(i, type)) continue;
      collect(i, images_[i].plan->operations[slots_[i].next++], bank);
    }
    send();
  }
  quantize();
}

// The operations of a batch are sent in few calls if images wait for others of their kind. So the
// image with the most operations before it says which comes next, or, of several, the larger
// group. False: all images are finished.
bool Degrader::nextType(OperationType& type) const {
  struct Group {
    int longest, images;
    bool operator<(const Group& other) const {
      return longest != other.longest ? longest < other.longest : images < other.images;
    }
  };
  Group groups[kOperationTypes] = {}, best = {};
  for (int i = 0; i < count_; i++) {
    const int left = images_[i].plan->count - slots_[i].next;
    if (left == 0) continue;
    const OperationType next = images_[i].plan->operations[slots_[i].next].type;
    Group& group = groups[static_cast<int>(next)];
    group = {std::max(group.longest, left), group.images + 1};
  }
  for (int t = 0; t < kOperationTypes; t++) {
    if (!(best < groups[t])) continue;
    best = groups[t];
    type = static_cast<OperationType>(t);
  }
  return best.images > 0;
}

bool Degrader::waitsFor(int i, OperationType type) const {
  const ImagePlan& plan = *images_[i].plan;
  const int next = slots_[i].next;
  return next < plan.count && plan.operations[next].type == type;
}

ImageView Degrader::Slot::advance(int height, int width) {
  active = active == 0 ? 1 : 0;
  current = {buffers[active], kChannels, height, width};
  return current;
}

// Two buffers an image, each large enough for its largest step.
void Degrader::place() {
  constexpr size_t kRound = kAlignment / sizeof(float);
  slots_.resize(count_);
  size_t total = 0;
  const auto sizeOf = [](const DegradeImage& image) {
    return (kChannels * largestPlane(*image.plan) + kRound - 1) / kRound * kRound;
  };
  for (int i = 0; i < count_; i++) total += 2 * sizeOf(images_[i]);
  float* memory = backend_->workspace(total);
  for (int i = 0; i < count_; i++) {
    const size_t size = sizeOf(images_[i]);
    slots_[i] = {{memory, memory + size}, -1, images_[i].gt, 0};
    memory += 2 * size;
  }
}

void Degrader::clear() {
  copies_.clear();
  blurs_.clear();
  resizes_.clear();
  noises_.clear();
  isps_.clear();
  injects_.clear();
  jpegs_.clear();
  clamps_.clear();
}

// Copies an image that is still gt: the next operator works in place.
void Degrader::own(Slot& slot) {
  if (slot.active >= 0) return;
  const ImageView gt = slot.current;
  copies_.push_back({gt, slot.advance(gt.height, gt.width)});
}

void Degrader::collect(int i, const OperationPlan& operation, const DegradeBank& bank) {
  const ImagePlan& plan = *images_[i].plan;
  Slot& slot = slots_[i];
  if (worksInPlace(operation.type)) own(slot);
  const ImageView in = slot.current;
  switch (operation.type) {
    case OperationType::blur:
      collectBlur(i, operation, bank);
      break;
    case OperationType::resize:
      if (isCopy(operation, in)) break;
      resizes_.push_back({in, slot.advance(operation.height, operation.width), operation.mode,
                          operation.resizeScale});
      break;
    case OperationType::noise:
      noises_.push_back({in, operation.noise, plan.key, plan.grayKey, operation.stage});
      break;
    case OperationType::isp:
      isps_.push_back({in, operation.isp, plan.key, operation.stage});
      break;
    case OperationType::inject:
      injects_.push_back({in, patchAt(operation.inject, bank)});
      break;
    case OperationType::jpeg:
      jpegs_.push_back({in, operation.jpeg});
      break;
    case OperationType::clamp:
      clamps_.push_back(in);
      break;
  }
}

void Degrader::collectBlur(int i, const OperationPlan& operation, const DegradeBank& bank) {
  const KernelParameters& kernel = operation.kernel;
  Slot& slot = slots_[i];
  const ImageView in = slot.current;
  const ImageView out = slot.advance(in.height, in.width);
  const float* given = kernel.type == KernelType::bank ? bank.kernel(kernel.index) : nullptr;
  blurs_.push_back({in, out, kernel, given, rowStepOf(i)});
}

// Of the rows of image i, its next operation reads no others. Linear and cubic resizes leave rows
// out as well, but too few at a time to pay for it.
int Degrader::rowStepOf(int i) const {
  const ImagePlan& plan = *images_[i].plan;
  const Slot& slot = slots_[i];
  if (slot.next == plan.count) return 1;
  const OperationPlan& next = plan.operations[slot.next];
  if (next.type != OperationType::resize || next.mode != ResizeMode::decimate) return 1;
  if (isCopy(next, slot.current)) return 1;
  const int height = slot.current.height;
  const int step = decimationStep(height, next.height, next.resizeScale);
  // Else the last row is read in place of some beyond it.
  return (next.height - 1) * step < height ? step : 1;
}

void Degrader::send() {
  sendJobs(backend_, &DegradeBackend::copy, copies_);
  sendJobs(backend_, &DegradeBackend::blur, blurs_);
  sendJobs(backend_, &DegradeBackend::resize, resizes_);
  sendJobs(backend_, &DegradeBackend::noise, noises_);
  sendJobs(backend_, &DegradeBackend::isp, isps_);
  sendJobs(backend_, &DegradeBackend::inject, injects_);
  sendJobs(backend_, &DegradeBackend::jpeg, jpegs_);
  sendJobs(backend_, &DegradeBackend::clamp, clamps_);
}

void Degrader::quantize() {
  copies_.clear();
  for (int i = 0; i < count_; i++) copies_.push_back({slots_[i].current, images_[i].lq});
  backend_->quantize(copies_.data(), count_);
}

}  // namespace evensr
