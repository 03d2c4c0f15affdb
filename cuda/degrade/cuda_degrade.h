// The degradation operators of one device.
#pragma once

#include "cuda_abi.h"
#include "degrade/poisson.h"
#include "runtime.h"
#include "staging.h"

namespace evensr::cuda {

// Queues everything on one stream. A batch ends with quantize().
class CudaDegradeBackend final : public DeviceDegradeBackend {
 public:
  explicit CudaDegradeBackend(int device);

  void makeCurrent() override;
  std::unique_ptr<DeviceMemory> allocate(size_t bytes) override;
  void upload(const void* host, void* device, size_t bytes) override;
  void download(const void* device, void* host, size_t bytes) override;

  float* workspace(size_t floats) override;
  void blur(const BlurJob* jobs, int count) override;
  void resize(const ResizeJob* jobs, int count) override;
  void noise(const NoiseJob* jobs, int count) override;
  void isp(const IspJob* jobs, int count) override;
  void inject(const InjectJob* jobs, int count) override;
  void jpeg(const JpegJob* jobs, int count) override;
  void usm(const CopyJob* jobs, int count) override;
  void copy(const CopyJob* jobs, int count) override;
  void clamp(const ImageView* images, int count) override;
  void quantize(const CopyJob* jobs, int count) override;

 private:
  Stream stream_;
  Staging staging_;
  DeviceBuffer workspace_;
  PoissonBank poisson_;
};

}  // namespace evensr::cuda
