// The taps of one axis of a resize with OpenCV's or MATLAB's conventions, written out in tables.
#pragma once

#include "degrade/recipe.h"
#include "degrade/tiles.cuh"

namespace evensr::cuda {

// Output i = sum over k < *taps of weight[k * out + i] input[index[k * out + i]].
struct AxisTable {
  BlockRange blocks;
  int in, out;
  double scale;     // as in ResizeJob
  ResizeMode mode;  // cv... or matlabBicubic
  bool shrinks;     // cvArea: both axes do
  int capacity;     // of the tables: more taps no output has
  int* taps;
  int* index;
  float* weight;
};

// What `capacity` must be.
int tapCapacity(ResizeMode mode, bool shrinks, int in, int out, double scale);

// Fills a table with one block.
__global__ void fillAxisTables(const AxisTable* tables, int count);
constexpr int kAxisThreads = 128;

}  // namespace evensr::cuda
