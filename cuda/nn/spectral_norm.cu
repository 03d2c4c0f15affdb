// Spectral normalisation of a weight matrix, row-major; sums in double.
#include "nn/cuda_network.h"
#include "nn/elements.cuh"
#include "nn/sums.cuh"

namespace evensr::cuda {
namespace {

constexpr double kEpsilon = 1e-12;  // the least norm that is divided by, as torch's spectral_norm

// product[column] = sum over rows of u[row] w(row, column)
__global__ void __launch_bounds__(kRunThreads) transposedTimesU(SpectralWeight w, double* product) {
  const size_t column = static_cast<size_t>(blockIdx.x) * kRunThreads + threadIdx.x;
  if (column >= w.columns) return;
  double sum = 0;
  for (size_t row = 0; row < w.rows; row++) {
    sum += static_cast<double>(w.u[row]) * w.weight[row * w.columns + column];
  }
  product[column] = sum;
}

// product[row] = sum over columns of a(row, column) b(row, column); b of one row serves all where
// bStride is 0. A row a block.
__global__ void __launch_bounds__(kRunThreads)
    rowProducts(const float* a, const float* b, size_t bStride, size_t columns, double* product) {
  const size_t row = blockIdx.x;
  double sum = 0;
  for (size_t i = threadIdx.x; i < columns; i += kRunThreads) {
    sum += static_cast<double>(a[row * columns + i]) * b[row * bStride + i];
  }
  const double total = sumOfBlock(sum);
  if (threadIdx.x == 0) product[row] = total;
}

// to = x / max(|x|, epsilon), one block.
__global__ void __launch_bounds__(kRunThreads) normalize(const double* x, size_t count, float* to) {
  double sum = 0;
  for (size_t i = threadIdx.x; i < count; i += kRunThreads) sum += x[i] * x[i];
  const double norm = sqrt(sumOfBlock(sum));
  const double divisor = norm > kEpsilon ? norm : kEpsilon;
  for (size_t i = threadIdx.x; i < count; i += kRunThreads)
    to[i] = static_cast<float>(x[i] / divisor);
}

// sigma = u . product, one block.
__global__ void __launch_bounds__(kRunThreads)
    estimateSigma(const float* u, const double* product, size_t rows, float* sigma) {
  double sum = 0;
  for (size_t i = threadIdx.x; i < rows; i += kRunThreads) sum += u[i] * product[i];
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
  float* weight;
  const float* sigma;
  __device__ void operator()(unsigned i, unsigned) const { weight[i] /= *sigma; }
};

// With n = W / sigma and sigma = u^T W v: dW = (dn - <dn, n> u v^T) / sigma.
struct Subtract {
  SpectralWeight g;
  const float* sigma;
  const double* inner;
  __device__ void operator()(unsigned i, unsigned) const {
    const double u = *inner * g.u[i / g.columns], scale = 1.0 / *sigma;
    g.weight[i] = static_cast<float>(scale * (g.weight[i] - u * g.v[i % g.columns]));
  }
};

Shape flat(const SpectralWeight& w) {
  return {1, 1, static_cast<int>(w.rows), static_cast<int>(w.columns)};
}

}  // namespace

void CudaNetworkBackend::spectralNorm(const SpectralWeight& w, bool iterate, float* sigma) {
  constexpr const char* kWhat = "the kernels of spectral normalisation";
  const cudaStream_t stream = stream_.handle();
  double* product = scratch_.sums(w.rows + w.columns);
  const dim3 threads(kRunThreads);
  if (iterate) {
    const auto blocks = static_cast<unsigned>((w.columns + kRunThreads - 1) / kRunThreads);
    check(gpu::launch(transposedTimesU, dim3(blocks), threads, 0, stream, w, product), kWhat);
    check(gpu::launch(normalize, dim3(1), threads, 0, stream, static_cast<const double*>(product),
                      w.columns, w.v),
          kWhat);
  }
  check(gpu::launch(rowProducts, dim3(static_cast<unsigned>(w.rows)), threads, 0, stream,
                    static_cast<const float*>(w.weight), static_cast<const float*>(w.v), size_t{0},
                    w.columns, product),
        kWhat);
  if (iterate) {
    check(gpu::launch(normalize, dim3(1), threads, 0, stream, static_cast<const double*>(product),
                      w.rows, w.u),
          kWhat);
  }
  check(gpu::launch(estimateSigma, dim3(1), threads, 0, stream, static_cast<const float*>(w.u),
                    static_cast<const double*>(product), w.rows, sigma),
        kWhat);
  overElements(stream, flat(w), Divide{w.weight, sigma}, kWhat);
}

void CudaNetworkBackend::spectralNormBackward(const float* normalized, const float* sigma,
                                              const SpectralWeight& gradient) {
  constexpr const char* kWhat = "the kernels of the gradient of spectral normalisation";
  const SpectralWeight& g = gradient;
  const cudaStream_t stream = stream_.handle();
  double* products = scratch_.sums(g.rows + 1);
  double* inner = products + g.rows;
  const dim3 threads(kRunThreads);
  check(
      gpu::launch(rowProducts, dim3(static_cast<unsigned>(g.rows)), threads, 0, stream,
                  static_cast<const float*>(g.weight), normalized, g.columns, g.columns, products),
      kWhat);
  check(gpu::launch(addProducts, dim3(1), threads, 0, stream, static_cast<const double*>(products),
                    g.rows, inner),
        kWhat);
  overElements(stream, flat(g), Subtract{g, sigma, inner}, kWhat);
}

}  // namespace evensr::cuda
