#include "degrade/kernels.h"

#include "math/special.h"

namespace evensr {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kSmallestTap = 1.0 / (1 << 29);

// The quadratic form of the inverse covariance: q = a x^2 + 2 b x y + d y^2.
struct InverseCovariance {
  double a, b, d;
};

InverseCovariance inverseCovariance(const KernelParameters& p) {
  const double ix = 1 / (p.sigmaX * p.sigmaX);
  if (!isAnisotropic(p.type)) return {ix, 0, ix};
  const double iy = 1 / (p.sigmaY * p.sigmaY);
  const PortableSinCos t = portableSinCos(p.theta);
  return {t.cos * t.cos * ix + t.sin * t.sin * iy, t.cos * t.sin * (ix - iy),
          t.sin * t.sin * ix + t.cos * t.cos * iy};
}

double sincTap(double omega, double x, double y) {
  const double r = __builtin_sqrt(x * x + y * y);
  if (r == 0) return omega * omega / (4 * kPi);
  return omega * besselJ1(omega * r) / (2 * kPi * r);
}

double tap(const KernelParameters& p, const InverseCovariance& c, double x, double y) {
  if (p.type == KernelType::sinc) return sincTap(p.omega, x, y);
  const double q = c.a * x * x + 2 * c.b * x * y + c.d * y * y;
  switch (p.type) {
    case KernelType::generalizedIso:
    case KernelType::generalizedAniso:
      return portableExp(-portablePow(q, p.beta) / 2);
    case KernelType::plateauIso:
    case KernelType::plateauAniso:
      return 1 / (1 + portablePow(q, p.beta));
    default:
      return portableExp(-q / 2);
  }
}

void normalise(double* taps, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += taps[i];
  for (int i = 0; i < count; i++) taps[i] /= sum;
}

// Moves a row of taps to the right: tap i becomes what linear interpolation finds `shift` to its
// left, where the first tap goes on for ever.
void moveRow(double* row, int size, double shift) {
  // from the right, so that what is read has not been written yet
  for (int i = size - 1; i >= 0; i--) {
    const double from = i - shift > 0 ? i - shift : 0;
    const int left = static_cast<int>(from);
    const double share = from - left;
    row[i] = share == 0 ? row[left] : (1 - share) * row[left] + share * row[left + 1];
  }
  normalise(row, size);
}

// The row whose outer product with itself is an iso kernel.
void isoRow(const KernelParameters& p, double* row) {
  const double inverse = 1 / (p.sigmaX * p.sigmaX);
  for (int i = 0; i < p.size; i++) {
    const double x = i - p.size / 2;
    row[i] = portableExp(-x * x * inverse / 2);
  }
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

float toTap(double value) {
  return value < kSmallestTap && value > -kSmallestTap ? 0.0f : static_cast<float>(value);
}

}  // namespace

void kernelTaps(const KernelParameters& p, double* taps) {
  if (p.shift != 0) return shiftedTaps(p, taps);
  const int radius = p.size / 2, count = p.size * p.size;
  const InverseCovariance c =
      p.type == KernelType::sinc ? InverseCovariance{} : inverseCovariance(p);
  // every family is point-symmetric
  for (int i = 0; i <= count / 2; i++) {
    const double value = tap(p, c, i % p.size - radius, i / p.size - radius);
    taps[i] = value;
    taps[count - 1 - i] = value;
  }
  normalise(taps, count);
}

void denseTaps(const KernelParameters& p, float* out) {
  double taps[kMaxKernelSize * kMaxKernelSize];
  kernelTaps(p, taps);
  for (int i = 0; i < p.size * p.size; i++) out[i] = toTap(taps[i]);
}

void makeKernel(const KernelParameters& p, BlurKernel& kernel) {
  kernel.size = p.size;
  kernel.separable = p.type == KernelType::iso;
  if (!kernel.separable) return denseTaps(p, kernel.taps);
  double row[kMaxKernelSize];
  isoRow(p, row);
  for (int i = 0; i < p.size; i++) kernel.row[i] = toTap(row[i]);
}

}  // namespace evensr
