#include "cpu/cpu_degrade.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "clones.h"
#include "cpu/operators.h"
#include "error.h"
#include "math/pixel.h"

namespace evensr::cpu {
namespace {

EVENSR_CLONES void clampPixels(float* image, size_t n) {
  for (size_t i = 0; i < n; i++) image[i] = clamp01(image[i]);
}

EVENSR_CLONES void quantizePixels(const float* __restrict in, size_t n, float* __restrict out) {
  for (size_t i = 0; i < n; i++) {
    float v = in[i] * 255;
    v = v < 0 ? 0 : v;
    v = v > 255 ? 255 : v;
    out[i] = roundHalfEven(v) / 255;
  }
}

}  // namespace

float* CpuDegradeBackend::workspace(size_t floats) {
  if (workspace_.size() < floats) workspace_ = FloatArray(floats);
  return workspace_.data();
}

void CpuDegradeBackend::blur(const BlurJob* jobs, int count) {
  for (int i = 0; i < count; i++) cpu::blur(jobs[i], scratch_);
}

void CpuDegradeBackend::resize(const ResizeJob* jobs, int count) {
  for (int i = 0; i < count; i++) cpu::resize(jobs[i], scratch_);
}

void CpuDegradeBackend::noise(const NoiseJob* jobs, int count) {
  for (int i = 0; i < count; i++) {
    const NoiseJob& j = jobs[i];
    const NoiseParameters& p = j.parameters;
    const bool gray = p.channels == NoiseChannels::gray;
    if (p.type == NoiseType::speckle || p.channels == NoiseChannels::correlated || p.vals > 0) {
      throw CodedError("E_RECIPE", "this noise is not there yet");
    }
    if (p.type == NoiseType::gaussian) {
      addGaussianNoise(j.image, p.level, gray, j.key, j.grayKey, j.stage);
    } else {
      addPoissonNoise(j.image, p.level, gray, j.key, j.stage, scratch_);
    }
  }
}

void CpuDegradeBackend::isp(const IspJob*, int) {
  throw CodedError("E_RECIPE", "isp is not there yet");
}

void CpuDegradeBackend::inject(const InjectJob*, int) {
  throw CodedError("E_RECIPE", "inject is not there yet");
}

void CpuDegradeBackend::jpeg(const JpegJob* jobs, int count) {
  for (int i = 0; i < count; i++) {
    const JpegParameters& p = jobs[i].parameters;
    if (p.backend == JpegBackend::diffjpeg) {
      jpegDiff(jobs[i].image, p.quality, scratch_);
    } else {
      // a real encoder knows integer qualities only
      const int quality = std::max(1, static_cast<int>(std::rint(p.quality)));
      jpegLibjpeg(jobs[i].image, quality, p.subsampling, scratch_);
    }
  }
}

void CpuDegradeBackend::usm(const CopyJob* jobs, int count) {
  for (int i = 0; i < count; i++) cpu::usm(jobs[i].in, jobs[i].out, scratch_);
}

void CpuDegradeBackend::copy(const CopyJob* jobs, int count) {
  for (int i = 0; i < count; i++) {
    std::memcpy(jobs[i].out.data, jobs[i].in.data, jobs[i].in.size() * sizeof(float));
  }
}

void CpuDegradeBackend::clamp(const ImageView* images, int count) {
  for (int i = 0; i < count; i++) clampPixels(images[i].data, images[i].size());
}

void CpuDegradeBackend::quantize(const CopyJob* jobs, int count) {
  for (int i = 0; i < count; i++) {
    quantizePixels(jobs[i].in.data, jobs[i].in.size(), jobs[i].out.data);
  }
}

}  // namespace evensr::cpu
