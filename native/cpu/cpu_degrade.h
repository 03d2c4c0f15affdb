// The degradation operators of one CPU thread.
#pragma once

#include "cpu/scratch.h"
#include "degrade_backend.h"

namespace evensr::cpu {

// Works on the calling thread; every worker thread has its own.
class CpuDegradeBackend final : public DegradeBackend {
 public:
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
  FloatArray workspace_;
  Scratch scratch_;
};

}  // namespace evensr::cpu
