#include "degrade/kernels.h"

namespace evensr {
namespace {

void normalise(double* taps, int count) {
  const double sum = sumOfTaps(taps, count);
  for (int i = 0; i < count; i++) taps[i] /= sum;
}

void moveRow(double* row, int size, double shift) {
  // from the right, so that what is read has not been written yet
  for (int i = size - 1; i >= 0; i--) row[i] = movedTap(row, i, shift);
  normalise(row, size);
}

// The row whose outer product with itself is an iso kernel.
void isoRow(const KernelParameters& p, double* row) {
  for (int i = 0; i < p.size; i++) row[i] = isoTap(p, i - p.size / 2);
  normalise(row, p.size);
  if (p.shift != 0) moveRow(row, p.size, p.shift);
}

void shiftedTaps(const KernelParameters& p, double* taps) {
  double row[kMaxKernelSize];
  isoRow(p, row);
  for (int y = 0; y < p.size; y++) {
    for (int x = 0; x < p.size; x++) taps[y * p.size + x] = row[y] * row[x];
  }
}

}  // namespace

void kernelTaps(const KernelParameters& p, double* taps) {
  if (p.shift != 0) return shiftedTaps(p, taps);
  const int radius = p.size / 2, count = p.size * p.size;
  const InverseCovariance c = inverseCovariance(p);
  // every family is point-symmetric
  for (int i = 0; i <= count / 2; i++) {
    const double value = blurTap(p, c, i % p.size - radius, i / p.size - radius);
    taps[i] = value;
    taps[count - 1 - i] = value;
  }
  normalise(taps, count);
}

void denseTaps(const KernelParameters& p, float* out) {
  double taps[kMaxKernelSize * kMaxKernelSize];
  kernelTaps(p, taps);
  for (int i = 0; i < p.size * p.size; i++) out[i] = floatTap(taps[i]);
}

void makeKernel(const KernelParameters& p, BlurKernel& kernel) {
  kernel.size = p.size;
  kernel.separable = p.type == KernelType::iso;
  if (!kernel.separable) return denseTaps(p, kernel.taps);
  double row[kMaxKernelSize];
  isoRow(p, row);
  for (int i = 0; i < p.size; i++) kernel.row[i] = floatTap(row[i]);
}

}  // namespace evensr
