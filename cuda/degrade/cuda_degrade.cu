#include "degrade/cuda_degrade.h"
#include "degrade/operators.h"

namespace evensr::cuda {
namespace {

class Memory final : public DeviceMemory {
 public:
  explicit Memory(size_t bytes) : buffer_(bytes) {}
  void* data() override { return buffer_.as<void>(); }

 private:
  DeviceBuffer buffer_;
};

}  // namespace

CudaDegradeBackend::CudaDegradeBackend(int device) : stream_(device), staging_(stream_) {}

void CudaDegradeBackend::makeCurrent() { stream_.makeCurrent(); }

std::unique_ptr<DeviceMemory> CudaDegradeBackend::allocate(size_t bytes) {
  return std::make_unique<Memory>(bytes);
}

void CudaDegradeBackend::upload(const void* host, void* device, size_t bytes) {
  check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_.handle()),
        "sending images to the GPU");
}

void CudaDegradeBackend::download(const void* device, void* host, size_t bytes) {
  check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_.handle()),
        "fetching images from the GPU");
  stream_.synchronize();
}

float* CudaDegradeBackend::workspace(size_t floats) {
  workspace_.grow(floats * sizeof(float));
  return workspace_.as<float>();
}

void CudaDegradeBackend::blur(const BlurJob* jobs, int count) { cuda::blur(staging_, jobs, count); }

void CudaDegradeBackend::resize(const ResizeJob* jobs, int count) {
  cuda::resize(staging_, jobs, count);
}

void CudaDegradeBackend::noise(const NoiseJob* jobs, int count) {
  addNoise(staging_, poisson_, jobs, count);
}

void CudaDegradeBackend::isp(const IspJob* jobs, int count) { cameraNoise(staging_, jobs, count); }

void CudaDegradeBackend::inject(const InjectJob* jobs, int count) {
  cuda::inject(staging_, jobs, count);
}

void CudaDegradeBackend::jpeg(const JpegJob* jobs, int count) { compress(staging_, jobs, count); }

void CudaDegradeBackend::usm(const CopyJob* jobs, int count) { cuda::usm(staging_, jobs, count); }

void CudaDegradeBackend::copy(const CopyJob* jobs, int count) { cuda::copy(staging_, jobs, count); }

void CudaDegradeBackend::clamp(const ImageView* images, int count) {
  cuda::clamp(staging_, images, count);
}

void CudaDegradeBackend::quantize(const CopyJob* jobs, int count) {
  cuda::quantize(staging_, jobs, count);
  staging_.endBatch();
}

}  // namespace evensr::cuda
