#include "degrade/axis_taps.cuh"
#include "gpu.cuh"
#include "math/resize_matlab.h"
#include "math/resize_opencv.h"

namespace evensr::cuda {
namespace {

struct Writer {
  const AxisTable& table;
  int i;
  __device__ void set(int k, int index, double weight) const {
    const size_t at = static_cast<size_t>(k) * table.out + i;
    table.index[at] = index;
    table.weight[at] = static_cast<float>(weight);
  }
};

__device__ int clampIndex(int i, int n) { return i < 0 ? 0 : i > n - 1 ? n - 1 : i; }

__device__ void setLinear(const Writer& to, const CvLinearTap& tap) {
  to.set(0, tap.first, 1 - tap.lambda);
  to.set(1, clampIndex(tap.first + 1, to.table.in), tap.lambda);
}

__device__ void setCubic(const Writer& to) {
  const CvCubicTaps taps = cvCubicTaps(to.i, to.table.in, to.table.out);
  for (int k = 0; k < 4; k++) to.set(k, clampIndex(taps.first + k, to.table.in), taps.weight[k]);
}

__device__ void setArea(const Writer& to, int most) {
  const CvAreaCell cell = cvAreaCell(to.i, to.table.in, to.table.out);
  for (int k = 0; k < most; k++) {
    const int index = cell.begin + k;
    const double weight = index >= cell.end       ? 0
                          : index == cell.begin   ? cell.first
                          : index == cell.end - 1 ? cell.last
                                                  : cell.inner;
    to.set(k, index < cell.end - 1 ? index : cell.end - 1, weight);
  }
}

// Taps begin .. end - 1 of the neighbours: the outer ones may weigh nothing in every output.
__device__ void setMatlab(const Writer& to, const MatlabAxis& axis, int begin, int end) {
  const int first = matlabFirst(axis, to.i);
  double sum = 0;
  for (int k = 0; k < axis.taps; k++) sum += matlabWeight(axis, to.i, first + k);
  for (int k = begin; k < end; k++) {
    const double weight = matlabWeight(axis, to.i, first + k);
    to.set(k - begin, mirrored(first + k, to.table.in), weight / sum);
  }
}

// The most pixels that an output covers.
__device__ void measureArea(const AxisTable& table, int* most) {
  for (int i = static_cast<int>(threadIdx.x); i < table.out; i += kAxisThreads) {
    const CvAreaCell cell = cvAreaCell(i, table.in, table.out);
    atomicMax(most, cell.end - cell.begin);
  }
}

// The neighbours that weigh something in any output.
__device__ void measureMatlab(const AxisTable& table, const MatlabAxis& axis, int* begin,
                              int* end) {
  for (int i = static_cast<int>(threadIdx.x); i < table.out; i += kAxisThreads) {
    const int first = matlabFirst(axis, i);
    for (int k = 0; k < axis.taps; k++) {
      if (matlabWeight(axis, i, first + k) == 0) continue;
      atomicMin(begin, k);
      atomicMax(end, k + 1);
    }
  }
}

}  // namespace

int tapCapacity(ResizeMode mode, bool shrinks, int in, int out, double scale) {
  if (mode == ResizeMode::matlabBicubic) return matlabAxis(in, out, scale, true).taps;
  if (mode == ResizeMode::cvCubic) return 4;
  if (mode == ResizeMode::cvArea && shrinks) return ceilDivide(in, out) + 2;
  return 2;
}

__global__ void __launch_bounds__(kAxisThreads) fillAxisTables(const AxisTable* tables, int count) {
  __shared__ int begin, end;
  const AxisTable& table = itemOf(tables, count);
  const bool isMatlab = table.mode == ResizeMode::matlabBicubic;
  const bool isArea = table.mode == ResizeMode::cvArea && table.shrinks;
  MatlabAxis axis = {};
  if (isMatlab) axis = matlabAxis(table.in, table.out, table.scale, true);
  if (threadIdx.x == 0) {
    begin = isMatlab ? axis.taps - 1 : 0;
    end = isMatlab || isArea ? 1 : table.capacity;
  }
  __syncthreads();
  if (isMatlab) measureMatlab(table, axis, &begin, &end);
  if (isArea) measureArea(table, &end);
  __syncthreads();
  if (threadIdx.x == 0) *table.taps = end - begin;
  for (int i = static_cast<int>(threadIdx.x); i < table.out; i += kAxisThreads) {
    const Writer to{table, i};
    if (isMatlab) {
      setMatlab(to, axis, begin, end);
    } else if (isArea) {
      setArea(to, end);
    } else if (table.mode == ResizeMode::cvCubic) {
      setCubic(to);
    } else if (table.mode == ResizeMode::cvArea) {
      setLinear(to, cvAreaLinearTap(i, table.in, table.out));
    } else {
      setLinear(to, cvLinearTap(i, table.in, table.out));
    }
  }
}

}  // namespace evensr::cuda
