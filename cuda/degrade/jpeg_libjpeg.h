// What the two kernels of libjpeg's JPEG share: coding, and the enlargement of halved chroma.
#pragma once

#include <cstdint>
#include <vector>

#include "degrade/tiles.cuh"
#include "math/jpeg_integer.h"
#include "staging.h"

namespace evensr::cuda {

struct LibjpegItem {
  BlockRange blocks;
  float* image;
  int height, width;
  bool halved;  // 4:2:0
  // With 4:2:0, decoded samples, a byte each, of whole tiles: rows of `pitch` samples of luma and
  // of pitch / 2 of chroma.
  uint8_t *y, *cb, *cr;
  int pitch;
  IntegerStep luminance[64], chrominance[64];
};

// Images whose samples are there, chroma halved, from those. One launch.
void enlargeChroma(Staging& staging, std::vector<LibjpegItem> items);

}  // namespace evensr::cuda
