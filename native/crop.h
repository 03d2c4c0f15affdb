// Cuts gt crops out of decoded photographs.
#pragma once

#include <cstdint>

#include "tensor.h"

namespace evensr {

// A square crop: flips first, then the transpose (axes exchanged).
struct Crop {
  int top, left;
  bool flipX, flipY, transpose;
};

// image (height, width, 3) uint8 -> out (3, S, S) = value / 255. The crop must lie inside.
void cutCrop(const uint8_t* image, int width, const Crop& crop, ImageView out);

// in (C, H, W) -> out (C, h, w), its centre; H - h and W - w must be even and not negative.
void cutInner(ImageView in, ImageView out);

}  // namespace evensr
