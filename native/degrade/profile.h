// Times the operators of another device: how long each took, how much arithmetic and memory it had.
#pragma once

#include <map>
#include <string>

#include "degrade_backend.h"

namespace evensr {

struct OperatorProfile {
  double nanoseconds = 0;
  double calls = 0;
  double flop = 0;   // a multiply-add counts as two; what the formula needs, not what code does
  double bytes = 0;  // of images read and written once
};

using DegradeProfile = std::map<std::string, OperatorProfile>;

class ProfiledBackend : public DegradeBackend {
 public:
  explicit ProfiledBackend(DegradeBackend& backend) : backend_(backend) {}

  DegradeProfile takeProfile();

  float* workspace(size_t floats) override { return backend_.workspace(floats); }
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
  DegradeBackend& backend_;
  DegradeProfile profile_;
};

}  // namespace evensr
