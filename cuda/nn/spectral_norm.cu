// Spectral normalisation of a weight matrix, row-major; sums in double.
#include "nn/cuda_network.h"
#include "nn/elements.cuh"
#include "nn/sums.cuh"

namespace evensr::cuda {
namespace {

constexpr double kEpsilon = 1e-12;  // the least norm that is divided by, as torch's spectral_norm
constexpr int kColumns = 32, kRows = kRunThreads / kColumns;

// product[column] = sum over rows of u[row] w(row, column); 32 columns a block.
__global__ void __launch_bounds__(kRunThreads) transposedTimesU(SpectralWeight w, double* product) {
  __shared__ double sums[kRows][kColumns];
  const unsigned lane = threadIdx.x % kColumns, first = threadIdx.x / kColumns;
  const size_t column = static_cast<size_t>(blockIdx.x) * kColumns + lane;
  double sum = 0;
  if (column < w.columns) {
#pragma unroll 4
    for (size_t row = first; row < w.rows; row += kRows) {
      sum += static_cast<double>(w.u[row]) * w.weight[row * w.columns + column];
    }
  }
  sums[first][lane] = sum;
  __syncthreads();
  if (first > 0 || column >= w.columns) return;
  for (int row = 1; row < kRows; row++) sum += sums[row][lane];
  product[column] = sum;
}

// product[row] = sum over columns of a(row, column) b(row, column); b of one row serves all where
// bStride is 0. A row a block.
__global__ void __launch_bounds__(kRunThreads)
    rowProducts(const float* a, const float* b, size_t bStride, size_t columns, double* product) {
  const size_t row = blockIdx.x;
  double sum = 0;
#pragma unroll 4
  for (size_t i = threadIdx.x; i < columns; i += kRunThreads) {
    sum += static_cast<double>(a[row * columns + i]) * b[row * bStride + i];
  }
  const double total = sumOfBlock(sum);
  if (threadIdx.x == 0) product[row] = total;
}

// to = x / max(|x|, epsilon), one block.
__device__ void normalize(const double* x, size_t count, float* to) {
  double sum = 0;
  for (size_t i = threadIdx.x; i < count; i += kRunThreads) sum += x[i] * x[i];
  const double norm = sqrt(sumOfBlock(sum));
  const double divisor = norm > kEpsilon ? norm : kEpsilon;
  for (size_t i = threadIdx.x; i < count; i += kRunThreads) {
    to[i] = static_cast<float>(x[i] / divisor);
  }
}

__global__ void __launch_bounds__(kRunThreads) normalizeV(const double* product, SpectralWeight w) {
  normalize(product, w.columns, w.v);
}

// u from the product, if it moves on; then sigma = u . product, one block.
__global__ void __launch_bounds__(kRunThreads)
    estimateSigma(const double* product, SpectralWeight w, bool iterate, float* sigma) {
  if (iterate) normalize(product, w.rows, w.u);
  double sum = 0;
  // Each thread reads what it has written.
  for (size_t i = threadIdx.x; i < w.rows; i += kRunThreads) sum += w.u[i] * product[i];
  const double total = sumOfBlock(sum);
  if (threadIdx.x == 0) *sigma = static_cast<float>(total);
}

// The sum of the rows' products, one block.
__global__ void __launch_bounds__(kRunThreads)
    addProducts(const double* products, size_t rows, double* inner) {
  double sum = 0;
  for (size_t i = threadIdx.x; i < rows; i += kRunThreads) sum += products[i];
  const double total = sumOfBlock(sum);
  if (threadIdx.x == 0) *inner = total;
}

struct Divide {
  static constexpr bool kByChannel = false;
  const float* sigma;
  __device__ float operator()(float weight, float, size_t, size_t) const { return weight / *sigma; }
};

// With n = W / sigma and sigma = u^T W v: dW = (dn - <dn, n> u v^T) / sigma. Rows are pixels.
struct Subtract {
  static constexpr bool kByChannel = true;
  const float *u, *v, *sigma;
  const double* inner;
  __device__ float operator()(float gradient, float, size_t row, size_t column) const {
    const double along = *inner * u[row], scale = 1.0 / *sigma;
    return static_cast<float>(scale * (gradient - along * v[column]));
  }
};

// Columns are channels.
Shape shapeOf(const SpectralWeight& w) {
  return {1, static_cast<int>(w.columns), static_cast<int>(w.rows), 1};
}

Pixels matrixOf(const SpectralWeight& w) { return {w.weight, static_cast<int>(w.columns)}; }

}  // namespace

void CudaNetworkBackend::spectralNorm(const SpectralWeight& w, bool iterate, float* sigma) {
  constexpr const char* kWhat = "the kernels of spectral normalisation";
  double* const sums = scratch_.sums(w.rows + w.columns);
  const double* const product = sums;
  const dim3 threads(kRunThreads);
  if (iterate) {
    const auto blocks = static_cast<unsigned>((w.columns + kColumns - 1) / kColumns);
    check(gpu::launch(transposedTimesU, dim3(blocks), threads, 0, stream(), w, sums), kWhat);
    check(gpu::launch(normalizeV, dim3(1), threads, 0, stream(), product, w), kWhat);
  }
  check(gpu::launch(rowProducts, dim3(static_cast<unsigned>(w.rows)), threads, 0, stream(),
                    static_cast<const float*>(w.weight), static_cast<const float*>(w.v), size_t{0},
                    w.columns, sums),
        kWhat);
  check(gpu::launch(estimateSigma, dim3(1), threads, 0, stream(), product, w, iterate, sigma),
        kWhat);
  pointwise(stream(), shapeOf(w), Divide{sigma}, matrixOf(w), {}, matrixOf(w), kWhat);
}

void CudaNetworkBackend::spectralNormBackward(const float* normalized, const float* sigma,
                                              const SpectralWeight& gradient) {
  constexpr const char* kWhat = "the kernels of the gradient of spectral normalisation";
  const SpectralWeight& g = gradient;
  double* const products = scratch_.sums(g.rows + 1);
  double* const inner = products + g.rows;
  const dim3 threads(kRunThreads);
  check(
      gpu::launch(rowProducts, dim3(static_cast<unsigned>(g.rows)), threads, 0, stream(),
                  static_cast<const float*>(g.weight), normalized, g.columns, g.columns, products),
      kWhat);
  check(gpu::launch(addProducts, dim3(1), threads, 0, stream(),
                    static_cast<const double*>(products), g.rows, inner),
        kWhat);
  pointwise(stream(), shapeOf(g), Subtract{g.u, g.v, sigma, inner}, matrixOf(g), {}, matrixOf(g),
            kWhat);
}

}  // namespace evensr::cuda
