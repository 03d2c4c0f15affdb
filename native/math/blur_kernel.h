// Blur kernels: the seven families of Real-ESRGAN, tap by tap.
//
// With x to the right and y down from the centre, q = (x y) C^-1 (x y)^T and
// C = R(theta) diag(sigmaX^2, sigmaY^2) R(theta)^T:
//
//   iso, aniso     exp(-q / 2)
//   generalized    exp(-q^beta / 2)
//   plateau        1 / (1 + q^beta)
//   sinc           omega J1(omega r) / (2 pi r)
//
// all divided by their sum. Real-ESRGAN, arXiv 2107.10833: section 3.2, sinc in equation 6.
#pragma once

#include <cmath>

#include "math/host_device.h"
#include "math/special.h"

namespace evensr {

// Codes of the packed recipe: never reorder.
enum class KernelType {
  iso,
  aniso,
  generalizedIso,
  generalizedAniso,
  plateauIso,
  plateauAniso,
  sinc,
  bank  // an estimated kernel that came with the batch
};

constexpr int kMaxKernelSize = 25;

struct KernelParameters {
  KernelType type;
  int size;  // odd, 3..25
  double sigmaX, sigmaY, theta, beta, omega;
  double shift;  // iso: pixels to the right and down
  int index;     // bank: which kernel
};

// Whether sigmaY and theta mean something to this family.
EVENSR_HD_CALL constexpr bool isAnisotropic(KernelType type) {
  return type == KernelType::aniso || type == KernelType::generalizedAniso ||
         type == KernelType::plateauAniso;
}

// The quadratic form of the inverse covariance: q = a x^2 + 2 b x y + d y^2.
struct InverseCovariance {
  double a, b, d;
};

// All 0 for a sinc, which has none.
EVENSR_HD_CALL InverseCovariance inverseCovariance(const KernelParameters& p) {
  if (p.type == KernelType::sinc) return {0, 0, 0};
  const double ix = 1 / (p.sigmaX * p.sigmaX);
  if (!isAnisotropic(p.type)) return {ix, 0, ix};
  const double iy = 1 / (p.sigmaY * p.sigmaY);
  const PortableSinCos t = portableSinCos(p.theta);
  return {t.cos * t.cos * ix + t.sin * t.sin * iy, t.cos * t.sin * (ix - iy),
          t.sin * t.sin * ix + t.cos * t.cos * iy};
}

EVENSR_HD_CALL double sincTap(double omega, double x, double y) {
  constexpr double kPi = 3.14159265358979323846;
  const double r = sqrt(x * x + y * y);
  if (r == 0) return omega * omega / (4 * kPi);
  return omega * besselJ1(omega * r) / (2 * kPi * r);
}

// Not yet divided by the sum. Every family is point-symmetric.
EVENSR_HD_CALL double blurTap(const KernelParameters& p, const InverseCovariance& c, double x,
                              double y) {
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

// Tap x of the row whose outer product with itself is an iso kernel; not yet divided by the sum.
EVENSR_HD_CALL double isoTap(const KernelParameters& p, double x) {
  const double inverse = 1 / (p.sigmaX * p.sigmaX);
  return portableExp(-x * x * inverse / 2);
}

// What they are divided by: added in their order.
EVENSR_HD_CALL double sumOfTaps(const double* taps, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += taps[i];
  return sum;
}

// Tap i of a row moved to the right: what linear interpolation finds `shift` to its left, where the
// first tap goes on for ever. Reads no tap beyond i.
EVENSR_HD_CALL double movedTap(const double* row, int i, double shift) {
  const double from = i - shift > 0 ? i - shift : 0;
  const int left = static_cast<int>(from);
  const double share = from - left;
  return share == 0 ? row[left] : (1 - share) * row[left] + share * row[left + 1];
}

// In float. Taps smaller than 2^-29 become 0, which changes no sum by more than 1e-6, so that
// nobody needs to add them.
EVENSR_HD_CALL float floatTap(double value) {
  constexpr double kSmallest = 1.0 / (1 << 29);
  return value < kSmallest && value > -kSmallest ? 0.0f : static_cast<float>(value);
}

}  // namespace evensr
