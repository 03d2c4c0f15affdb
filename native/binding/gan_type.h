#pragma once

#include "binding/decode.h"
#include "nn/gan_loss.h"

namespace evensr {

// The names are those of TrainerOptions.gan in src/native/trainer.ts.
inline GanType ganType(const Napi::Value& value, const char* what) {
  return oneOf<GanType>(value, what,
                        {{"vanilla", GanType::vanilla},
                         {"lsgan", GanType::leastSquares},
                         {"ragan", GanType::relativistic}});
}

}  // namespace evensr
