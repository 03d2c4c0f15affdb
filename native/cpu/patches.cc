#include "cpu/patches.h"

#include <algorithm>
#include <cstring>

#include "cpu/cpu_network.h"

namespace evensr {

PatchGrid resultGrid(const ConvolutionConfig& config) {
  const Shape result = config.output();
  PatchGrid grid;
  grid.from = config.input;
  grid.height = result.h;
  grid.width = result.w;
  grid.step = config.stride;
  for (int i = 0; i < config.kernel * config.kernel; i++) {
    grid.taps.push_back(
        {i, i / config.kernel - config.padding, i % config.kernel - config.padding});
  }
  return grid;
}

std::vector<PatchGrid> gradientGrids(const ConvolutionConfig& config) {
  const int stride = config.stride;
  std::vector<PatchGrid> grids;
  for (int firstY = 0; firstY < std::min(stride, config.input.h); firstY++) {
    for (int firstX = 0; firstX < std::min(stride, config.input.w); firstX++) {
      PatchGrid grid;
      grid.from = config.output();
      grid.height = (config.input.h - firstY + stride - 1) / stride;
      grid.width = (config.input.w - firstX + stride - 1) / stride;
      grid.toStep = stride;
      grid.firstY = firstY;
      grid.firstX = firstX;
      // Result r reads pixel r stride + tap - padding; so pixel p is read by (p + padding - tap) /
      // stride, where that is whole.
      for (int i = 0; i < config.kernel * config.kernel; i++) {
        const int y = firstY + config.padding - i / config.kernel;
        const int x = firstX + config.padding - i % config.kernel;
        if (y % stride == 0 && x % stride == 0) grid.taps.push_back({i, y / stride, x / stride});
      }
      grids.push_back(grid);
    }
  }
  return grids;
}

void gatherPatches(const PatchGrid& grid, const Activation& from, size_t first, size_t last,
                   float* patches) {
  const int channels = grid.from.c, stride = from.channelStride();
  const size_t taps = grid.taps.size();
  for (size_t index = first; index < last; index++) {
    const int x = static_cast<int>(index % grid.width) * grid.step;
    const int y = static_cast<int>(index / grid.width % grid.height) * grid.step;
    const size_t n = index / grid.width / grid.height;
    const float* image = floats(from) + n * grid.from.plane() * stride;
    for (size_t t = 0; t < taps;) {
      const PatchTap& tap = grid.taps[t];
      const int py = y + tap.dy, px = x + tap.dx;
      // Taps side by side whose pixels are too are copied at once.
      size_t end = t + 1;
      if (stride == channels) {
        while (end < taps && grid.taps[end].dy == tap.dy &&
               grid.taps[end].dx == grid.taps[end - 1].dx + 1)
          end++;
      }
      const int run = static_cast<int>(end - t);
      const bool rowInside = py >= 0 && py < grid.from.h;
      if (!(rowInside && px >= 0 && px + run <= grid.from.w)) end = t + 1;
      const size_t count = (end - t) * channels;
      if (rowInside && px >= 0 && px < grid.from.w) {
        const float* pixel = image + (static_cast<size_t>(py) * grid.from.w + px) * stride;
        std::memcpy(patches, pixel, count * sizeof(float));
      } else {
        std::memset(patches, 0, count * sizeof(float));
      }
      patches += count;
      t = end;
    }
  }
}

size_t targetPixel(const PatchGrid& grid, const Shape& to, size_t index) {
  const size_t x = grid.firstX + index % grid.width * grid.toStep;
  const size_t y = grid.firstY + index / grid.width % grid.height * grid.toStep;
  const size_t n = index / grid.width / grid.height;
  return (n * to.h + y) * to.w + x;
}

}  // namespace evensr
