// usage: main             check every kernel                     0 right, 1 wrong
//        main fault NAME  the tensor-core GEMM with a fault in it 0 right, 2 wrong
//        main wrong NAME  a kernel of wrong.cu                    0 nothing seen, 2 wrong, 3 thrown
// 77: no CUDA device; 64: bad arguments. With a sanitizer, its own exit code when it reports.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "gpu.cuh"
#include "kernels.h"

namespace {

void check(int error, const char* what) {
  if (error == 0) return;
  throw std::runtime_error(std::string(what) + ": " +
                           cudaGetErrorString(static_cast<cudaError_t>(error)));
}

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& v) : bytes_(v.size() * sizeof(T)) {
    check(cudaMalloc(&data_, bytes_), "cudaMalloc");
    check(cudaMemcpy(data_, v.data(), bytes_, cudaMemcpyHostToDevice), "copy to the device");
  }
  // As cudaMalloc left it, which in the emulator is NaN.
  explicit DeviceArray(size_t n) : bytes_(n * sizeof(T)) {
    check(cudaMalloc(&data_, bytes_), "cudaMalloc");
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;

  operator T*() { return data_; }
  std::vector<T> fetch() const {
    std::vector<T> v(bytes_ / sizeof(T));
    check(cudaMemcpy(v.data(), data_, bytes_, cudaMemcpyDeviceToHost), "copy from the device");
    return v;
  }

 private:
  T* data_ = nullptr;
  size_t bytes_;
};

// NaN counts as an infinite error. fmax(e, NaN) would return e and let a result of nothing but NaN
// pass.
double worse(double error, double other) {
  if (!(other <= 1e30)) return 1e30;
  return other > error ? other : error;
}

float randomHalf() { return rand() / (float)RAND_MAX - .5f; }

template <class T>
std::vector<T> randomVector(size_t n, float scale = 1) {
  std::vector<T> v(n);
  for (auto& x : v) x = T(scale * randomHalf());
  return v;
}

// Milliseconds that a launch takes, its end included.
template <class F>
double timed(F run) {
  const auto start = std::chrono::steady_clock::now();
  check(run(), "launch");
  check(cudaDeviceSynchronize(), "kernel");
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

template <class T>
double productError(const std::vector<T>& A, const std::vector<T>& B, const std::vector<float>& C,
                    int M, int N, int K) {
  double error = 0;
  for (int i = 0; i < M; i++) {
    for (int j = 0; j < N; j++) {
      double sum = 0;
      for (int k = 0; k < K; k++) sum += (double)(float)A[i * K + k] * (float)B[k * N + j];
      error = worse(error, fabs(sum - C[i * N + j]));
    }
  }
  return error;
}

bool report(const char* name, double error, double limit, double ms, double work,
            const char* unit) {
  const bool ok = error < limit;
  printf("%-16s max error %.2g, %.2f ms (%.4g %s) %s\n", name, error, ms, work, unit,
         ok ? "ok" : "WRONG");
  return ok;
}

bool checkSgemm(int M, int N, int K) {
  const auto A = randomVector<float>(M * K), B = randomVector<float>(K * N);
  DeviceArray<float> a(A), b(B), c(M * N);
  const double ms = timed([&] { return runSgemm(a, b, c, M, N, K); });
  const std::string name = "sgemm " + std::to_string(M) + "x" + std::to_string(N);
  return report(name.c_str(), productError(A, B, c.fetch(), M, N, K), 1e-4, ms,
                2e-3 * M * N * K / ms, "MFLOP/s");
}

bool checkHgemm(Fault fault) {
  const int M = 128, N = 192, K = 160;
  const auto A = randomVector<__nv_bfloat16>(M * K), B = randomVector<__nv_bfloat16>(K * N);
  DeviceArray<__nv_bfloat16> a(A), b(B);
  DeviceArray<float> c(M * N);
  const double ms = timed([&] { return runHgemm(a, b, c, M, N, K, fault); });
  return report("hgemm bf16 mma", productError(A, B, c.fetch(), M, N, K), 1e-4, ms,
                2e-3 * M * N * K / ms, "MFLOP/s");
}

bool checkSoftmax() {
  const int rows = 100, cols = 77;
  const auto x = randomVector<float>(rows * cols, 8);
  DeviceArray<float> in(x), out(rows * cols), total(std::vector<float>(1, 0.f));
  const double ms = timed([&] { return runSoftmax(in, out, rows, cols, total); });
  const auto y = out.fetch();
  double error = 0;
  for (int r = 0; r < rows; r++) {
    const float* row = &x[r * cols];
    double largest = row[0], sum = 0;
    for (int i = 0; i < cols; i++) largest = fmax(largest, row[i]);
    for (int i = 0; i < cols; i++) sum += exp(row[i] - largest);
    for (int i = 0; i < cols; i++) {
      error = worse(error, fabs(exp(row[i] - largest) / sum - y[r * cols + i]));
    }
  }
  // Every row sums to one.
  const bool totalOk = fabs(total.fetch()[0] - rows) < 1e-3;
  if (!totalOk) printf("softmax: sum of all results %.6f, not %d\n", total.fetch()[0], rows);
  return report("softmax", error, 1e-5, ms, rows * cols / ms / 1e3, "M values/s") && totalOk;
}

bool checkSaxpy() {
  const int n = 1 << 20;
  DeviceArray<float> x(std::vector<float>(n, 1.f)), y(std::vector<float>(n, 2.f));
  const double ms = timed([&] { return runSaxpy(3, x, y, n); });
  double error = 0;
  for (const float v : y.fetch()) error = worse(error, fabs(v - 5.));
  return report("saxpy 1M", error, 1e-6, ms, ms * 1e6 / n, "ns/thread");
}

bool checkAll() {
  bool ok = checkSgemm(150, 130, 77);
  ok &= checkSgemm(256, 256, 256);
  ok &= checkSoftmax();
  ok &= checkHgemm(Fault::None);
  ok &= checkSaxpy();
  const int extra = runCorners();
  printf("%-16s %s (%d)\n", "extra", extra ? "WRONG" : "ok", extra);
  ok &= extra == 0;
  puts(ok ? "OK" : "FAIL");
  return ok;
}

Fault faultNamed(const char* name) {
  const char* const names[] = {"none", "no-wait", "short-wait", "no-barrier",
                               "no-trailing-barrier"};
  for (int i = 0; i < 5; i++) {
    if (!strcmp(name, names[i])) return static_cast<Fault>(i);
  }
  throw std::invalid_argument(std::string("no such fault: ") + name);
}

int runWrong(const char* name) {
  DeviceArray<float> out(300);
  const int error = runWrongKernel(name, out);
  if (error == -1) throw std::invalid_argument(std::string("no such kernel: ") + name);
  check(error, name);
  check(cudaDeviceSynchronize(), name);
  int wrong = 0;
  if (!strcmp(name, "race")) {
    const auto values = out.fetch();
    for (int i = 0; i < 256; i++) wrong += values[i] != (i + 37) % 256;
  }
  printf("%s: returned, %d wrong values\n", name, wrong);
  return wrong ? 2 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0) {
    printf("no CUDA device: %s\n", cudaGetErrorString(error));
    return 77;
  }
  try {
    if (argc == 3 && !strcmp(argv[1], "fault")) return checkHgemm(faultNamed(argv[2])) ? 0 : 2;
    if (argc == 3 && !strcmp(argv[1], "wrong")) return runWrong(argv[2]);
    if (argc == 1) return checkAll() ? 0 : 1;
    throw std::invalid_argument("usage: main | main fault NAME | main wrong NAME");
  } catch (const std::invalid_argument& e) {
    puts(e.what());
    return 64;
  } catch (const std::exception& e) {
    printf("thrown: %s\n", e.what());
    return 3;
  }
}
