// Images as the exports that only tests use take them.
#pragma once

#include <vector>

#include "binding/decode.h"
#include "error.h"
#include "tensor.h"

namespace evensr {

// (Float32Array, height, width) at arguments 0, 1, 2: planes of height x width, any number of them
// or as many as `channels`. Throws E_SHAPE.
struct ImageArgument {
  std::vector<float> values;
  ImageView view;

  explicit ImageArgument(const Napi::CallbackInfo& call, int channels = 0)
      : values(float32Array(call[0], "image")) {
    constexpr int64_t kMaxSide = 1 << 15;
    const int height = static_cast<int>(integerBetween(call[1], 1, kMaxSide, "height"));
    const int width = static_cast<int>(integerBetween(call[2], 1, kMaxSide, "width"));
    const size_t plane = static_cast<size_t>(height) * width;
    const size_t planes = values.size() / plane;
    if (planes == 0 || values.size() % plane != 0 ||
        (channels != 0 && planes != static_cast<size_t>(channels))) {
      throw CodedError("E_SHAPE", "the image does not hold whole planes of height x width");
    }
    view = {values.data(), static_cast<int>(planes), height, width};
  }
  // The view points into the values.
  ImageArgument(const ImageArgument&) = delete;
  ImageArgument& operator=(const ImageArgument&) = delete;
};

}  // namespace evensr
