#include "cpu/cpu_network.h"

#include <algorithm>

#include "cpu/omp.h"

namespace evensr {
namespace {

class CpuMemory : public DeviceMemory {
 public:
  explicit CpuMemory(size_t bytes) : bytes_(bytes) {}
  void* data() override { return bytes_.data(); }

 private:
  AlignedArray<char> bytes_;
};

}  // namespace

std::unique_ptr<NetworkBackend> createCpuNetworkBackend(int threads, Precision precision) {
  return std::make_unique<CpuNetworkBackend>(threads, precision);
}

// The setting belongs to the calling thread: other lanes and other trainers keep theirs.
void CpuNetworkBackend::makeCurrent() { omp_set_num_threads(threads_); }

std::unique_ptr<DeviceMemory> CpuNetworkBackend::allocate(size_t bytes) {
  return std::make_unique<CpuMemory>(bytes);
}

void CpuNetworkBackend::upload(const float* host, float* device, size_t count) {
  std::copy(host, host + count, device);
}

void CpuNetworkBackend::download(const float* device, float* host, size_t count) {
  std::copy(device, device + count, host);
}

void CpuNetworkBackend::copy(const float* from, float* to, size_t count) {
  std::copy(from, from + count, to);
}

size_t CpuNetworkBackend::activationBytes(const Shape& shape) const {
  return shape.elements() * sizeof(float);
}

void CpuNetworkBackend::fromPlanar(const float* planar, const Activation& x) {
  const Shape s = x.shape;
  parallelRange(static_cast<size_t>(s.n) * s.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      const size_t n = row / s.h, y = row % s.h;
      float* to = floats(x) + row * s.w * s.c;
      for (int c = 0; c < s.c; c++) {
        const float* from = planar + (n * s.c + c) * s.plane() + y * s.w;
        for (int i = 0; i < s.w; i++) to[static_cast<size_t>(i) * s.c + c] = from[i];
      }
    }
  });
}

void CpuNetworkBackend::toPlanar(const Activation& x, float* planar) {
  const Shape s = x.shape;
  parallelRange(static_cast<size_t>(s.n) * s.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      const size_t n = row / s.h, y = row % s.h;
      const float* from = floats(x) + row * s.w * s.c;
      for (int c = 0; c < s.c; c++) {
        float* to = planar + (n * s.c + c) * s.plane() + y * s.w;
        for (int i = 0; i < s.w; i++) to[i] = from[static_cast<size_t>(i) * s.c + c];
      }
    }
  });
}

std::map<std::string, double> CpuNetworkBackend::takeSections() {
  return {{"winograd", winograd_.whole.take() + bf16_.whole.take()},
          {"products", winograd_.products.take() + bf16_.products.take()}};
}

std::unique_ptr<Convolution> CpuNetworkBackend::convolution(const ConvolutionConfig& config) {
  if (precision_ == Precision::bfloat16) {
    if (auto rounded = bf16Convolution(bf16_, config)) return rounded;
  }
  if (auto fast = winogradConvolution(winograd_, config)) return fast;
  return patchConvolution(patches_, config);
}

}  // namespace evensr
