#include "cpu/cpu_degrade.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "clones.h"
#include "cpu/operators.h"
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

void resizeAs(const ResizeJob& job, Scratch& scratch) {
  switch (job.mode) {
    case ResizeMode::area:
    case ResizeMode::bilinear:
    case ResizeMode::bicubic:
      return resize(job, scratch);
    case ResizeMode::cvArea:
    case ResizeMode::cvLinear:
    case ResizeMode::cvCubic:
      return resizeOpencv(job, scratch);
    case ResizeMode::matlabBicubic:
      return resizeMatlab(job, scratch);
    case ResizeMode::decimate:
      return decimate(job);
  }
}

void addNoise(const NoiseJob& j, Scratch& scratch) {
  const NoiseParameters& p = j.parameters;
  const bool gray = p.channels == NoiseChannels::gray;
  switch (p.type) {
    case NoiseType::gaussian:
      if (p.channels == NoiseChannels::correlated) {
        return addCorrelatedNoise(j.image, p.level, p.mix, j.key, j.stage);
      }
      return addGaussianNoise(j.image, p.level, gray, j.key, j.grayKey, j.stage);
    case NoiseType::speckle:
      return addSpeckleNoise(j.image, p.level, p.channels, p.mix, j.key, j.stage);
    case NoiseType::poisson:
      if (p.vals > 0) {
        return addPoissonNoiseOf(j.image, p.vals, p.level, gray, j.key, j.stage, scratch);
      }
      return addPoissonNoise(j.image, p.level, gray, j.key, j.stage, scratch);
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
  for (int i = 0; i < count; i++) resizeAs(jobs[i], scratch_);
}

void CpuDegradeBackend::noise(const NoiseJob* jobs, int count) {
  for (int i = 0; i < count; i++) addNoise(jobs[i], scratch_);
}

void CpuDegradeBackend::isp(const IspJob* jobs, int count) {
  for (int i = 0; i < count; i++) {
    const IspJob& j = jobs[i];
    cameraNoise(j.image, j.parameters, j.key, j.stage, scratch_);
  }
}

void CpuDegradeBackend::inject(const InjectJob* jobs, int count) {
  for (int i = 0; i < count; i++) {
    injectNoise(jobs[i].image, jobs[i].patch.pixels, jobs[i].patch.stride);
  }
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
