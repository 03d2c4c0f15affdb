#include "degrade/profile.h"

#include <chrono>
#include <utility>

#include "degrade/kernels.h"

namespace evensr {
namespace {

constexpr double kUsmSize = 51;

struct Cost {
  std::string name;
  double flop, bytes;
};

double bytesOf(const ImageView& image) { return static_cast<double>(image.size()) * sizeof(float); }

int nonZero(const float* taps, int count) {
  int found = 0;
  for (int i = 0; i < count; i++) found += taps[i] != 0;
  return found;
}

// The first pass of a separable blur runs over all rows.
Cost costOf(const BlurJob& job) {
  const double pixels = static_cast<double>(job.in.size());
  const int rows = (job.out.height + job.rowStep - 1) / job.rowStep;
  const double made = static_cast<double>(job.out.channels) * rows * job.out.width;
  const double bytes = bytesOf(job.in) + made * sizeof(float);
  BlurKernel kernel;
  if (job.given == nullptr) makeKernel(job.kernel, kernel);
  if (job.given == nullptr && kernel.separable) {
    return {"blur/separable", 2 * nonZero(kernel.row, kernel.size) * (pixels + made), bytes};
  }
  const float* taps = job.given != nullptr ? job.given : kernel.taps;
  const int size = job.kernel.size;
  return {"blur/dense", 2 * nonZero(taps, size * size) * made, bytes};
}

// Rows first and columns after; area reads every pixel once.
Cost costOf(const ResizeJob& job) {
  static constexpr std::pair<const char*, int> kModes[] = {
      {"resize/area", 0},    {"resize/bilinear", 2},  {"resize/bicubic", 4},
      {"resize/cv-area", 0}, {"resize/cv-linear", 2}, {"resize/cv-cubic", 4},
      {"resize/matlab", 4},  {"resize/decimate", 0},
  };
  const auto& [name, taps] = kModes[static_cast<int>(job.mode)];
  const double between = static_cast<double>(job.in.height) * job.out.width * job.in.channels;
  const double out = static_cast<double>(job.out.size());
  const double flop = taps > 0 ? 2 * taps * (between + out) : static_cast<double>(job.in.size());
  return {name, flop, bytesOf(job.in) + bytesOf(job.out)};
}

// Arithmetic of noise is counted as values made: a random number and a normal or a table read.
Cost costOf(const NoiseJob& job) {
  static constexpr const char* kNames[] = {"noise/gaussian", "noise/speckle", "noise/poisson"};
  const double channels = job.parameters.channels == NoiseChannels::gray ? 1.0 / 3 : 1.0;
  return {kNames[static_cast<int>(job.parameters.type)],
          static_cast<double>(job.image.size()) * channels, 2 * bytesOf(job.image)};
}

Cost costOf(const IspJob& job) {
  return {"noise/isp", static_cast<double>(job.image.size()), 2 * bytesOf(job.image)};
}

Cost costOf(const InjectJob& job) {
  return {"noise/inject", 2 * static_cast<double>(job.image.size()), 2 * bytesOf(job.image)};
}

// Four transforms of 8 numbers in 48 operations each way and row or column of a block, colour both
// ways; half of the blocks of 4:4:4 with 4:2:0.
Cost costOf(const JpegJob& job) {
  const bool diff = job.parameters.backend == JpegBackend::diffjpeg;
  const double pixels = static_cast<double>(job.image.plane());
  const double planes = job.parameters.subsampling == Subsampling::yuv420 ? 1.5 : 3;
  const double block = 32 * 48 + 64 * 3;
  return {diff ? "jpeg/diffjpeg" : "jpeg/libjpeg", pixels * (planes * block / 64 + 30),
          2 * bytesOf(job.image)};
}

Cost usmCost(const CopyJob& job) {
  const double pixels = static_cast<double>(job.in.size());
  return {"usm", pixels * (4 * 2 * kUsmSize + 10), bytesOf(job.in) + bytesOf(job.out)};
}

Cost copyCost(const char* name, double flop, const ImageView& image) {
  return {name, flop * static_cast<double>(image.size()), 2 * bytesOf(image)};
}

// Job by job, so that each is counted under its own name.
template <class Job, class CostOf, class Run>
void timed(DegradeProfile& profile, const Job* jobs, int count, CostOf&& costOfJob, Run&& run) {
  for (int i = 0; i < count; i++) {
    const Cost cost = costOfJob(jobs[i]);
    const auto start = std::chrono::steady_clock::now();
    run(jobs + i);
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    OperatorProfile& entry = profile[cost.name];
    entry.nanoseconds += time.count();
    entry.calls += 1;
    entry.flop += cost.flop;
    entry.bytes += cost.bytes;
  }
}

}  // namespace

DegradeProfile ProfiledBackend::takeProfile() { return std::exchange(profile_, {}); }

void ProfiledBackend::blur(const BlurJob* jobs, int count) {
  timed(
      profile_, jobs, count, [](const BlurJob& job) { return costOf(job); },
      [&](const BlurJob* job) { backend_.blur(job, 1); });
}

void ProfiledBackend::resize(const ResizeJob* jobs, int count) {
  timed(
      profile_, jobs, count, [](const ResizeJob& job) { return costOf(job); },
      [&](const ResizeJob* job) { backend_.resize(job, 1); });
}

void ProfiledBackend::noise(const NoiseJob* jobs, int count) {
  timed(
      profile_, jobs, count, [](const NoiseJob& job) { return costOf(job); },
      [&](const NoiseJob* job) { backend_.noise(job, 1); });
}

void ProfiledBackend::isp(const IspJob* jobs, int count) {
  timed(
      profile_, jobs, count, [](const IspJob& job) { return costOf(job); },
      [&](const IspJob* job) { backend_.isp(job, 1); });
}

void ProfiledBackend::inject(const InjectJob* jobs, int count) {
  timed(
      profile_, jobs, count, [](const InjectJob& job) { return costOf(job); },
      [&](const InjectJob* job) { backend_.inject(job, 1); });
}

void ProfiledBackend::jpeg(const JpegJob* jobs, int count) {
  timed(
      profile_, jobs, count, [](const JpegJob& job) { return costOf(job); },
      [&](const JpegJob* job) { backend_.jpeg(job, 1); });
}

void ProfiledBackend::usm(const CopyJob* jobs, int count) {
  timed(profile_, jobs, count, usmCost, [&](const CopyJob* job) { backend_.usm(job, 1); });
}

void ProfiledBackend::copy(const CopyJob* jobs, int count) {
  timed(
      profile_, jobs, count, [](const CopyJob& job) { return copyCost("copy", 0, job.in); },
      [&](const CopyJob* job) { backend_.copy(job, 1); });
}

void ProfiledBackend::clamp(const ImageView* images, int count) {
  timed(
      profile_, images, count, [](const ImageView& image) { return copyCost("clamp", 2, image); },
      [&](const ImageView* image) { backend_.clamp(image, 1); });
}

void ProfiledBackend::quantize(const CopyJob* jobs, int count) {
  timed(
      profile_, jobs, count, [](const CopyJob& job) { return copyCost("quantize", 6, job.in); },
      [&](const CopyJob* job) { backend_.quantize(job, 1); });
}

}  // namespace evensr
