// A batch of training pairs in native memory: what the degradations make and the networks train on.
#pragma once

#include <memory>
#include <utility>

#include "degrade/profile.h"
#include "float_pool.h"
#include "tensor.h"

namespace evensr {

// gt (B, 3, H, W) and lq (B, 3, h, w), planar float32 in [0, 1]. plainGt, where it was asked for,
// is gt as it was before it was sharpened; else it is empty.
struct BatchData {
  explicit BatchData(std::shared_ptr<FloatPool> pool) : pool(std::move(pool)) {}
  ~BatchData() {
    pool->give(std::move(gt));
    pool->give(std::move(lq));
    pool->give(std::move(plainGt));
  }
  BatchData(const BatchData&) = delete;
  BatchData& operator=(const BatchData&) = delete;

  std::shared_ptr<FloatPool> pool;  // where the arrays come from and go to
  FloatArray gt, lq, plainGt;
  int batch = 0;
  int gtHeight = 0, gtWidth = 0;
  int lqHeight = 0, lqWidth = 0;
  double milliseconds = 0;  // time that cutting and degrading took
  DegradeProfile profile;   // empty unless asked for
};

}  // namespace evensr
