#include "degrade/blur_taps.cuh"
#include "gpu.cuh"

namespace evensr::cuda {
namespace {

constexpr int kThreads = kBlurTapsThreads;

// Divides by the sum, which one thread adds up in the order that all devices do it in.
__device__ void normalise(double* taps, int count, double* sum) {
  __syncthreads();
  if (threadIdx.x == 0) *sum = sumOfTaps(taps, count);
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < count; i += kThreads) taps[i] /= *sum;
}

// `moved` has room for another row.
__device__ void isoRow(const KernelParameters& p, double* row, double* moved, double* sum) {
  const int i = static_cast<int>(threadIdx.x);
  if (i < p.size) row[i] = isoTap(p, i - p.size / 2);
  normalise(row, p.size, sum);
  if (p.shift == 0) return;
  __syncthreads();
  if (i < p.size) moved[i] = movedTap(row, i, p.shift);
  __syncthreads();
  if (i < p.size) row[i] = moved[i];
  normalise(row, p.size, sum);
}

__device__ void denseTaps(const KernelParameters& p, double* taps, double* sum) {
  const int radius = p.size / 2, count = p.size * p.size;
  const InverseCovariance c = inverseCovariance(p);
  for (int i = static_cast<int>(threadIdx.x); i <= count / 2; i += kThreads) {
    const double value = blurTap(p, c, i % p.size - radius, i / p.size - radius);
    taps[i] = value;
    taps[count - 1 - i] = value;
  }
  normalise(taps, count, sum);
}

__device__ Extent extentOf(const float* taps, int size) {
  Extent extent{size, 0};
  for (int i = 0; i < size; i++) {
    if (taps[i] == 0) continue;
    if (extent.begin == size) extent.begin = i;
    extent.end = i + 1;
  }
  return extent;
}

// `inRow`: of the rows of taps that there are. An extent without taps begins behind its end.
__device__ void measure(const Extent* inRow, int rows, int size, BlurTaps& taps) {
  taps.rows = {rows, 0};
  taps.columns = {size, 0};
  for (int y = 0; y < rows; y++) {
    if (inRow[y].begin >= inRow[y].end) continue;
    if (taps.rows.begin == rows) taps.rows.begin = y;
    taps.rows.end = y + 1;
    if (inRow[y].begin < taps.columns.begin) taps.columns.begin = inRow[y].begin;
    if (inRow[y].end > taps.columns.end) taps.columns.end = inRow[y].end;
  }
}

}  // namespace

__global__ void __launch_bounds__(kBlurTapsThreads) makeBlurTaps(const BlurTapsItem* items) {
  __shared__ double exact[kMaxKernelSize * kMaxKernelSize], moved[kMaxKernelSize], sum;
  __shared__ float taps[kMaxKernelSize * kMaxKernelSize];
  __shared__ Extent inRow[kMaxKernelSize];
  const BlurTapsItem& item = items[blockIdx.x];
  const int rows = tapRows(item.kernel), size = item.kernel.size;
  if (item.kernel.type == KernelType::iso) {
    isoRow(item.kernel, exact, moved, &sum);
  } else if (item.given == nullptr) {
    denseTaps(item.kernel, exact, &sum);
  }
  // Every thread goes on with the taps that it has divided.
  for (int i = static_cast<int>(threadIdx.x); i < rows * size; i += kThreads) {
    taps[i] = item.given != nullptr ? item.given[i] : floatTap(exact[i]);
    item.taps->taps[i] = taps[i];
  }
  __syncthreads();
  const int y = static_cast<int>(threadIdx.x);
  if (y < rows) item.taps->inRow[y] = inRow[y] = extentOf(taps + y * size, size);
  __syncthreads();
  if (threadIdx.x == 0) measure(inRow, rows, size, *item.taps);
}

}  // namespace evensr::cuda
