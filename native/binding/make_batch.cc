#include "binding/make_batch.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <utility>

#include "binding/degrade_worker.h"
#include "error.h"

namespace evensr {
namespace {

// What is left of an image when `margin` pixels are cut off on every side.
ImageView inner(int height, int width, int margin, float* data) {
  return {data, kImageChannels, height - 2 * margin, width - 2 * margin};
}

// Refuses NaN too.
void checkPixels(const float* gt, size_t count, int sample) {
  for (size_t k = 0; k < count; k++) {
    if (gt[k] >= 0 && gt[k] <= 1) continue;
    refuseSample("E_PIXEL", sample, "gt holds " + std::to_string(gt[k]) + ", outside 0..1");
  }
}

// Sample i's gt as it was given: read where it lies, or cut into `room`.
ImageView takeGt(const BatchRequest& request, const float* given, int i, ImageView room) {
  if (given == nullptr) {
    const size_t image = static_cast<size_t>(request.images[i]);
    cutCrop(request.pack->pixels(image), request.pack->images()[image].width, request.crops[i],
            room);
    return room;
  }
  const float* gt = given + i * room.size();
  checkPixels(gt, room.size(), i);
  return {const_cast<float*>(gt), room.channels, room.height, room.width};
}

struct PairMaker {
  const BatchRequest& request;
  const float* given;  // gt of all samples, or null
  BatchData& batch;

  void make(int i, DegradeWorker& worker) const {
    const ImagePlan& plan = request.plans[i];
    const bool cut = request.margin > 0;
    ImageView keptGt = inner(plan.gtHeight, plan.gtWidth, request.margin * plan.scale, nullptr);
    ImageView keptLq = inner(plan.lqHeight, plan.lqWidth, request.margin, nullptr);
    keptGt.data = batch.gt.data() + i * keptGt.size();
    keptLq.data = batch.lq.data() + i * keptLq.size();
    ImageView gt = keptGt, lq = keptLq;
    if (cut) {
      gt = worker.gt.image(kImageChannels, plan.gtHeight, plan.gtWidth);
      lq = worker.lq.image(kImageChannels, plan.lqHeight, plan.lqWidth);
    }
    DegradeBackend& backend = request.profile ? static_cast<DegradeBackend&>(worker.profiled)
                                              : static_cast<DegradeBackend&>(worker.backend);
    if (request.usm) {
      const ImageView room = worker.raw.image(kImageChannels, gt.height, gt.width);
      const ImageView plain = takeGt(request, given, i, room);
      const CopyJob job{plain, gt};
      backend.usm(&job, 1);
      if (request.plainGt) {
        ImageView kept = keptGt;
        kept.data = batch.plainGt.data() + i * kept.size();
        cutInner(plain, kept);
      }
    } else {
      gt = takeGt(request, given, i, gt);
    }
    const DegradeImage image{gt, &plan, lq};
    worker.degrader.use(backend);
    worker.degrader.run(&image, 1, request.bank);
    if (!cut) return;
    cutInner(gt, keptGt);
    cutInner(lq, keptLq);
  }
};

std::shared_ptr<BatchData> emptyBatch(AddonData& addon, const BatchRequest& request) {
  const ImagePlan& plan = request.plans[0];
  const int count = static_cast<int>(request.plans.size());
  const int margin = request.margin;
  const ImageView gt = inner(plan.gtHeight, plan.gtWidth, margin * plan.scale, nullptr);
  const ImageView lq = inner(plan.lqHeight, plan.lqWidth, margin, nullptr);
  auto batch = std::make_shared<BatchData>(addon.floats);
  batch->batch = count;
  batch->gtHeight = gt.height;
  batch->gtWidth = gt.width;
  batch->lqHeight = lq.height;
  batch->lqWidth = lq.width;
  batch->lq = addon.floats->take(lq.size() * count);
  if (request.usm && request.plainGt) batch->plainGt = addon.floats->take(gt.size() * count);
  return batch;
}

// Roughly the multiply-adds of a recipe; an operation that is not a blur counts as a small one.
double costOf(const ImagePlan& plan) {
  constexpr double kOther = 60;
  double cost = 0;
  double pixels = static_cast<double>(plan.gtHeight) * plan.gtWidth;
  for (int i = 0; i < plan.count; i++) {
    const OperationPlan& operation = plan.operations[i];
    const double size = operation.kernel.size;
    const bool separable = operation.kernel.type == KernelType::iso;
    const bool blurs = operation.type == OperationType::blur;
    cost += pixels * (blurs ? (separable ? 2 * size : size * size) : kOther);
    pixels = static_cast<double>(operation.height) * operation.width;
  }
  return cost;
}

// Dear images first: the threads then end at nearly the same time.
std::vector<int> dearestFirst(const std::vector<ImagePlan>& plans) {
  std::vector<double> costs(plans.size());
  std::transform(plans.begin(), plans.end(), costs.begin(), costOf);
  std::vector<int> order(plans.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return costs[a] > costs[b]; });
  return order;
}

void add(DegradeProfile& sum, const DegradeProfile& part) {
  for (const auto& [name, entry] : part) {
    OperatorProfile& all = sum[name];
    all.nanoseconds += entry.nanoseconds;
    all.calls += entry.calls;
    all.flop += entry.flop;
    all.bytes += entry.bytes;
  }
}

}  // namespace

void refuseSample(const char* code, size_t sample, const std::string& why) {
  throw CodedError(code, "sample " + std::to_string(sample) + ": " + why);
}

std::shared_ptr<BatchData> makeBatch(AddonData& addon, BatchRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  auto batch = emptyBatch(addon, request);
  const size_t gtFloats =
      static_cast<size_t>(kImageChannels) * batch->gtHeight * batch->gtWidth * batch->batch;
  // gt that nothing changes becomes the batch's own without being copied
  FloatArray given = std::move(request.gt);
  const float* source = request.pack ? nullptr : given.data();
  const bool keeps = source != nullptr && !request.usm && request.margin == 0;
  batch->gt = keeps ? std::move(given) : addon.floats->take(gtFloats);
  if (request.pack) request.pack->checkStillWhole();
  if (request.patches) request.patches->checkStillWhole();

  auto& workers = addon.degradeWorkers;
  while (workers.size() < static_cast<size_t>(request.threads)) {
    workers.push_back(std::make_unique<DegradeWorker>());
  }
  const PairMaker maker{request, source, *batch};
  const std::vector<int> order = dearestFirst(request.plans);
  addon.degradePool(request.threads).forEach(batch->batch, [&](int i, int worker) {
    if (addon.aborted()) throw CodedError("E_ABORTED", "the environment is going away");
    maker.make(order[i], *workers[worker]);
  });
  for (auto& worker : workers) add(batch->profile, worker->profiled.takeProfile());
  addon.floats->give(std::move(given));
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  batch->milliseconds = time.count();
  return batch;
}

}  // namespace evensr
