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

BatchMaker::BatchMaker(AddonData& addon, std::shared_ptr<BatchRequest> request)
    : addon_(addon),
      request_(std::move(request)),
      order_(dearestFirst(request_->plans)),
      given_(std::move(request_->gt)) {}

BatchMaker::~BatchMaker() { addon_.floats->give(std::move(given_)); }

// Memory is taken when the first sample's turn has come, so that batches that wait need none.
void BatchMaker::begin() {
  start_ = std::chrono::steady_clock::now();
  const BatchRequest& request = *request_;
  if (request.pack) request.pack->checkStillWhole();
  if (request.patches) request.patches->checkStillWhole();
  auto batch = emptyBatch(addon_, request);
  const size_t gtFloats =
      static_cast<size_t>(kImageChannels) * batch->gtHeight * batch->gtWidth * batch->batch;
  // gt that nothing changes becomes the batch's own without being copied
  const bool keeps = !request.pack && !request.usm && request.margin == 0;
  if (!keeps) batch->gt = addon_.floats->take(gtFloats);
  if (!request.pack) source_ = given_.data();
  if (keeps) batch->gt = std::move(given_);
  batch_ = std::move(batch);
}

// Sample i's gt as it was given: read where it lies, or cut into `room`.
ImageView BatchMaker::takeGt(int i, ImageView room) const {
  if (source_ == nullptr) {
    const PackFile& pack = *request_->pack;
    const size_t image = static_cast<size_t>(request_->images[i]);
    cutCrop(pack.pixels(image), pack.images()[image].width, request_->crops[i], room);
    return room;
  }
  const float* gt = source_ + i * room.size();
  checkPixels(gt, room.size(), i);
  return {const_cast<float*>(gt), room.channels, room.height, room.width};
}

// Sample i's places in the batch.
ImageView BatchMaker::keptGt(int i) const {
  const ImagePlan& plan = request_->plans[i];
  ImageView gt = inner(plan.gtHeight, plan.gtWidth, request_->margin * plan.scale, nullptr);
  gt.data = batch_->gt.data() + i * gt.size();
  return gt;
}

ImageView BatchMaker::keptLq(int i) const {
  const ImagePlan& plan = request_->plans[i];
  ImageView lq = inner(plan.lqHeight, plan.lqWidth, request_->margin, nullptr);
  lq.data = batch_->lq.data() + i * lq.size();
  return lq;
}

void BatchMaker::keepPlain(int i, const ImageView& plain) const {
  ImageView kept = keptGt(i);
  kept.data = batch_->plainGt.data() + i * kept.size();
  cutInner(plain, kept);
}

void BatchMaker::makeSample(int i, DegradeWorker& worker) {
  const BatchRequest& request = *request_;
  const ImagePlan& plan = request.plans[i];
  const bool cut = request.margin > 0;
  ImageView gt = keptGt(i), lq = keptLq(i);
  if (cut) {
    gt = worker.gt.image(kImageChannels, plan.gtHeight, plan.gtWidth);
    lq = worker.lq.image(kImageChannels, plan.lqHeight, plan.lqWidth);
  }
  DegradeBackend& backend = request.profile ? static_cast<DegradeBackend&>(worker.profiled)
                                            : static_cast<DegradeBackend&>(worker.backend);
  if (request.usm) {
    const ImageView room = worker.raw.image(kImageChannels, gt.height, gt.width);
    const ImageView plain = takeGt(i, room);
    const CopyJob job{plain, gt};
    backend.usm(&job, 1);
    if (request.plainGt) keepPlain(i, plain);
  } else {
    gt = takeGt(i, gt);
  }
  const DegradeImage image{gt, &plan, lq};
  worker.degrader.use(backend);
  worker.degrader.run(&image, 1, request.bank);
  if (!cut) return;
  cutInner(gt, keptGt(i));
  cutInner(lq, keptLq(i));
}

void BatchMaker::make(int index, int worker) {
  if (addon_.aborted()) throw CodedError("E_ABORTED", "the environment is going away");
  std::call_once(begun_, [this] { begin(); });
  DegradeWorker& scratch = addon_.degradeWorkers->at(worker);
  makeSample(order_[index], scratch);
  if (!request_->profile) return;
  const std::lock_guard<std::mutex> lock(profileMutex_);
  add(batch_->profile, scratch.profiled.takeProfile());
}

void BatchMaker::makeOnDevice() {
  if (addon_.aborted()) throw CodedError("E_ABORTED", "the environment is going away");
  std::call_once(begun_, [this] { begin(); });
  const BatchRequest& request = *request_;
  const bool cut = request.margin > 0;
  std::vector<HostSample> samples;
  std::vector<FloatArray> rooms;
  const auto roomFor = [&](int height, int width) {
    rooms.emplace_back(static_cast<size_t>(kImageChannels) * height * width);
    return ImageView{rooms.back().data(), kImageChannels, height, width};
  };
  for (int i = 0; i < count(); i++) {
    const ImagePlan& plan = request.plans[i];
    ImageView gt = keptGt(i), lq = keptLq(i);
    if (cut) {
      gt = roomFor(plan.gtHeight, plan.gtWidth);
      lq = roomFor(plan.lqHeight, plan.lqWidth);
    }
    const ImageView plain = takeGt(i, request.usm ? roomFor(gt.height, gt.width) : gt);
    if (request.usm && request.plainGt) keepPlain(i, plain);
    samples.push_back({plain, request.usm ? gt : ImageView{}, &plan, lq});
  }
  request.device->run(samples, request.bank);
  if (!cut) return;
  for (int i = 0; i < count(); i++) {
    cutInner(request.usm ? samples[i].sharpened : samples[i].plain, keptGt(i));
    cutInner(samples[i].lq, keptLq(i));
  }
}

std::shared_ptr<BatchData> BatchMaker::finish() {
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start_;
  batch_->milliseconds = time.count();
  return std::move(batch_);
}

}  // namespace evensr
