// Spectral normalisation of a weight matrix, row-major. Sums are kept in double: their order does
// not depend on the number of threads.
#include <algorithm>
#include <cmath>

#include "clones.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

constexpr double kEpsilon = 1e-12;  // the least norm that is divided by, as torch's spectral_norm

EVENSR_CLONES void addScaledRow(const float* row, double scale, double* sum, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += scale * row[i];
}

EVENSR_CLONES void subtractOuterRow(const float* v, double u, double scale, float* row,
                                    size_t count) {
  for (size_t i = 0; i < count; i++) row[i] = static_cast<float>(scale * (row[i] - u * v[i]));
}

double dot(const float* a, const float* b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

// x / max(|x|, epsilon)
void normalize(const std::vector<double>& x, float* to) {
  double squares = 0;
  for (const double value : x) squares += value * value;
  const double norm = std::max(std::sqrt(squares), kEpsilon);
  for (size_t i = 0; i < x.size(); i++) to[i] = static_cast<float>(x[i] / norm);
}

std::vector<double> weightTimesV(const SpectralWeight& w) {
  std::vector<double> product(w.rows);
  parallelRange(w.rows, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      product[row] = dot(w.weight + row * w.columns, w.v, w.columns);
    }
  });
  return product;
}

std::vector<double> transposedTimesU(const SpectralWeight& w) {
  std::vector<double> product(w.columns);
  parallelRange(w.columns, [&](size_t begin, size_t end, size_t) {
    for (size_t row = 0; row < w.rows; row++) {
      addScaledRow(w.weight + row * w.columns + begin, w.u[row], &product[begin], end - begin);
    }
  });
  return product;
}

}  // namespace

void CpuNetworkBackend::spectralNorm(const SpectralWeight& w, bool iterate, float* sigma) {
  if (iterate) normalize(transposedTimesU(w), w.v);
  const std::vector<double> product = weightTimesV(w);
  if (iterate) normalize(product, w.u);
  double estimate = 0;
  for (size_t row = 0; row < w.rows; row++) estimate += w.u[row] * product[row];
  *sigma = static_cast<float>(estimate);
  const float divisor = *sigma;
  parallelRange(w.rows * w.columns, [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; i++) w.weight[i] /= divisor;
  });
}

// With n = W / sigma and sigma = u^T W v: dW = (dn - <dn, n> u v^T) / sigma.
void CpuNetworkBackend::spectralNormBackward(const float* normalized, const float* sigma,
                                             const SpectralWeight& gradient) {
  const SpectralWeight& g = gradient;
  std::vector<double> products(g.rows);
  parallelRange(g.rows, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      const size_t at = row * g.columns;
      products[row] = dot(g.weight + at, normalized + at, g.columns);
    }
  });
  double inner = 0;
  for (const double product : products) inner += product;
  const double scale = 1.0 / *sigma;
  parallelRange(g.rows, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      subtractOuterRow(g.v, inner * g.u[row], scale, g.weight + row * g.columns, g.columns);
    }
  });
}

}  // namespace evensr
