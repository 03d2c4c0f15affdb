// Makes a batch of training pairs: cuts or takes gt, sharpens and degrades it, one image a thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "batch.h"
#include "binding/addon_data.h"
#include "crop.h"
#include "degrade/plan.h"
#include "io/pack_file.h"

namespace evensr {

constexpr int kImageChannels = 3;

struct BatchRequest {
  std::vector<ImagePlan> plans;
  int height = 0, width = 0;  // of gt as it is degraded
  int margin = 0;             // lq pixels on every side that are cut away afterwards
  bool usm = false;
  bool plainGt = false;  // keep what was sharpened beside the result
  bool profile = false;
  int threads = 1;
  DegradeBank bank;
  std::shared_ptr<const PackFile> patches;  // what the bank's patches lie in
  // one of the two sources
  std::shared_ptr<const PackFile> pack;
  std::vector<int> images;
  std::vector<Crop> crops;
  FloatArray gt;
};

[[noreturn]] void refuseSample(const char* code, size_t sample, const std::string& why);

// Takes gt out of the request. On the degrade lane only. Throws E_PIXEL, E_PACK, E_ABORTED.
std::shared_ptr<BatchData> makeBatch(AddonData& addon, BatchRequest& request);

}  // namespace evensr
