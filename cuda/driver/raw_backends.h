// Backends in front of others, for checks that look closer than the images of a run show.
#pragma once

#include <memory>
#include <vector>

#include "cuda_abi.h"

namespace evensr::driver {

// Passes everything on, but results are not rounded to 8 bits, which would hide small differences.
class UnroundedBackend : public DegradeBackend {
 public:
  explicit UnroundedBackend(DegradeBackend& backend) : backend_(backend) {}

  float* workspace(size_t floats) override { return backend_.workspace(floats); }
  void blur(const BlurJob* jobs, int n) override { backend_.blur(jobs, n); }
  void resize(const ResizeJob* jobs, int n) override { backend_.resize(jobs, n); }
  void noise(const NoiseJob* jobs, int n) override { backend_.noise(jobs, n); }
  void isp(const IspJob* jobs, int n) override { backend_.isp(jobs, n); }
  void inject(const InjectJob* jobs, int n) override { backend_.inject(jobs, n); }
  void jpeg(const JpegJob* jobs, int n) override { backend_.jpeg(jobs, n); }
  void usm(const CopyJob* jobs, int n) override { backend_.usm(jobs, n); }
  void copy(const CopyJob* jobs, int n) override { backend_.copy(jobs, n); }
  void clamp(const ImageView* images, int n) override { backend_.clamp(images, n); }
  void quantize(const CopyJob* jobs, int n) override {
    backend_.copy(jobs, n);
    backend_.quantize(jobs, 0);  // ends the batch
  }

 protected:
  DegradeBackend& backend_;
};

// Gives every operator of a device its images in allocations of exactly their size, so that the
// address sanitizer and NaN in fresh memory show what an operator does beyond them.
class ExactBackend final : public UnroundedBackend {
 public:
  explicit ExactBackend(DeviceDegradeBackend& device) : UnroundedBackend(device), device_(device) {}

  void blur(const BlurJob* jobs, int n) override { copied(&DegradeBackend::blur, jobs, n); }
  void resize(const ResizeJob* jobs, int n) override { copied(&DegradeBackend::resize, jobs, n); }
  void noise(const NoiseJob* jobs, int n) override { inPlace(&DegradeBackend::noise, jobs, n); }
  void isp(const IspJob* jobs, int n) override { inPlace(&DegradeBackend::isp, jobs, n); }
  void inject(const InjectJob* jobs, int n) override { inPlace(&DegradeBackend::inject, jobs, n); }
  void jpeg(const JpegJob* jobs, int n) override { inPlace(&DegradeBackend::jpeg, jobs, n); }
  void usm(const CopyJob* jobs, int n) override { copied(&DegradeBackend::usm, jobs, n); }
  void clamp(const ImageView* images, int n) override {
    std::vector<CopyJob> in, out;
    std::vector<ImageView> exact;
    for (int i = 0; i < n; i++) exact.push_back(exchange(images[i], in, out));
    run(&DegradeBackend::clamp, exact, in, out);
  }

 private:
  ImageView fresh(const ImageView& like) {
    memory_.push_back(device_.allocate(like.size() * sizeof(float)));
    ImageView view = like;
    view.data = static_cast<float*>(memory_.back()->data());
    return view;
  }

  // Memory for an image that is copied there before an operator and back after it.
  ImageView exchange(const ImageView& image, std::vector<CopyJob>& in, std::vector<CopyJob>& out) {
    const ImageView exact = fresh(image);
    in.push_back({image, exact});
    out.push_back({exact, image});
    return exact;
  }

  template <class Job>
  void copied(void (DegradeBackend::*method)(const Job*, int), const Job* jobs, int n) {
    std::vector<Job> exact(jobs, jobs + n);
    std::vector<CopyJob> in, out;
    for (Job& job : exact) {
      const ImageView from = fresh(job.in), to = fresh(job.out);
      in.push_back({job.in, from});
      out.push_back({to, job.out});
      job.in = from;
      job.out = to;
    }
    run(method, exact, in, out);
  }

  template <class Job>
  void inPlace(void (DegradeBackend::*method)(const Job*, int), const Job* jobs, int n) {
    std::vector<Job> exact(jobs, jobs + n);
    std::vector<CopyJob> in, out;
    for (Job& job : exact) job.image = exchange(job.image, in, out);
    run(method, exact, in, out);
  }

  template <class Job>
  void run(void (DegradeBackend::*method)(const Job*, int), const std::vector<Job>& jobs,
           const std::vector<CopyJob>& in, const std::vector<CopyJob>& out) {
    device_.copy(in.data(), static_cast<int>(in.size()));
    (device_.*method)(jobs.data(), static_cast<int>(jobs.size()));
    device_.copy(out.data(), static_cast<int>(out.size()));
  }

  DeviceDegradeBackend& device_;
  std::vector<std::unique_ptr<DeviceMemory>> memory_;
};

}  // namespace evensr::driver
