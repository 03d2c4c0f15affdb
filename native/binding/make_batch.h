// Makes a batch of training pairs: cuts or takes gt, sharpens and degrades it, one image a thread.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "batch.h"
#include "binding/addon_data.h"
#include "binding/device_degrader.h"
#include "crop.h"
#include "degrade/plan.h"
#include "io/pack_file.h"

namespace evensr {

constexpr int kImageChannels = 3;

struct DegradeWorker;

struct BatchRequest {
  std::vector<ImagePlan> plans;
  int height = 0, width = 0;  // of gt as it is degraded
  int margin = 0;             // lq pixels on every side that are cut away afterwards
  bool usm = false;
  bool plainGt = false;  // keep what was sharpened beside the result
  bool profile = false;
  int threads = 1;
  std::shared_ptr<DeviceDegrader> device;  // null: the CPU
  DegradeBank bank;
  std::shared_ptr<const PackFile> patches;  // what the bank's patches lie in
  // one of the two sources
  std::shared_ptr<const PackFile> pack;
  std::vector<int> images;
  std::vector<Crop> crops;
  FloatArray gt;
};

[[noreturn]] void refuseSample(const char* code, size_t sample, const std::string& why);

// The samples of one batch, in any order, on any threads.
class BatchMaker {
 public:
  // Takes gt out of the request.
  BatchMaker(AddonData& addon, std::shared_ptr<BatchRequest> request);
  // Gives memory back that it took.
  ~BatchMaker();

  int count() const { return static_cast<int>(request_->plans.size()); }

  // Makes the sample whose turn is `index`, in [0, count), as worker number `worker`.
  // Throws E_PIXEL, E_PACK, E_ABORTED.
  void make(int index, int worker);

  // Makes all samples on the request's device. Throws E_GPU and E_MEMORY too.
  void makeOnDevice();

  // Once, after all samples.
  std::shared_ptr<BatchData> finish();

 private:
  void begin();
  void makeSample(int i, DegradeWorker& worker);
  ImageView takeGt(int i, ImageView room) const;
  ImageView keptGt(int i) const;
  ImageView keptLq(int i) const;
  void keepPlain(int i, const ImageView& plain) const;

  AddonData& addon_;
  std::shared_ptr<BatchRequest> request_;
  std::vector<int> order_;
  std::once_flag begun_;
  std::chrono::steady_clock::time_point start_;
  std::shared_ptr<BatchData> batch_;
  FloatArray given_;               // gt of all samples, when it comes with the request
  const float* source_ = nullptr;  // the same; the batch may own it by now
  std::mutex profileMutex_;
};

}  // namespace evensr
