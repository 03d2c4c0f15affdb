// What each thread of the degrade pool keeps from image to image.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "cpu/cpu_degrade.h"
#include "degrade/degrade.h"
#include "degrade/profile.h"

namespace evensr {

// Memory for an image that grows as needed and is kept.
class ImageBuffer {
 public:
  ImageView image(int channels, int height, int width) {
    const ImageView view{nullptr, channels, height, width};
    if (floats_.size() < view.size()) floats_ = FloatArray(view.size());
    return {floats_.data(), channels, height, width};
  }

 private:
  FloatArray floats_;
};

struct DegradeWorker {
  cpu::CpuDegradeBackend backend;
  ProfiledBackend profiled{backend};
  Degrader degrader{backend};
  ImageBuffer raw;     // gt before sharpening
  ImageBuffer gt, lq;  // with their margins
};

// One for each worker of the pool, made when it is first asked for. Any thread may ask.
class DegradeWorkers {
 public:
  DegradeWorker& at(int worker) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const size_t index = worker;
    while (workers_.size() <= index) workers_.push_back(std::make_unique<DegradeWorker>());
    return *workers_[index];
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<DegradeWorker>> workers_;
};

}  // namespace evensr
