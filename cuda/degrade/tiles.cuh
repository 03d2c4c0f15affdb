// How the images of a batch, each of its own size, share the blocks of one launch.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <vector>

#include "tensor.h"

namespace evensr::cuda {

// Every descriptor of a kernel has it: the first of the blocks that work on its image.
struct BlockRange {
  int first;
};

// Gives each descriptor `blocksOf(descriptor)` blocks, one after the other; returns how many there
// are.
template <class Item, class BlocksOf>
int shareBlocks(std::vector<Item>& items, BlocksOf&& blocksOf) {
  int total = 0;
  for (Item& item : items) {
    item.blocks.first = total;
    total += blocksOf(item);
  }
  return total;
}

constexpr int ceilDivide(int a, int b) { return (a + b - 1) / b; }

// The descriptor that this block works for.
template <class Item>
__device__ const Item& itemOf(const Item* items, int count) {
  const int block = static_cast<int>(blockIdx.x);
  int low = 0, high = count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (items[middle].blocks.first <= block) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return items[low];
}

// Its place among that descriptor's blocks.
__device__ inline int placeIn(const BlockRange& blocks) {
  return static_cast<int>(blockIdx.x) - blocks.first;
}

// Tiles of Width x Height pixels over all channels of an image: channel by channel, row by row.
template <int Width, int Height>
struct Tiling {
  static int countOf(int channels, int height, int width) {
    return channels * ceilDivide(height, Height) * ceilDivide(width, Width);
  }
  int channel, top, left;
  __device__ Tiling(int place, int height, int width) {
    const int across = ceilDivide(width, Width), down = ceilDivide(height, Height);
    channel = place / (across * down);
    const int tile = place % (across * down);
    top = tile / across * Height;
    left = tile % across * Width;
  }
};

}  // namespace evensr::cuda
