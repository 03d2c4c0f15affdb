// Degrades the images of a file and prints a SHA-256 for every operator, over all that it put out
// on the way, and one for the results; then scores every image against itself sharpened. Whatever
// compiler, level and instruction set it was built with, the lines must be the same.
//
//   hash FILE [each]     each: the hash of every single step as well, to find where two builds part
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "cpu/cpu_degrade.h"
#include "cpu/metrics.h"
#include "degrade/degrade.h"
#include "images.h"
#include "math/metrics.h"
#include "nn/score.h"
#include "sha256.h"

using namespace evensr;

namespace {

std::string nameOf(const BlurJob& job) {
  return job.kernel.type == KernelType::iso ? "blur separable" : "blur";
}

std::string nameOf(const ResizeJob& job) {
  static constexpr const char* kModes[] = {"area",     "bilinear", "bicubic",       "cvArea",
                                           "cvLinear", "cvCubic",  "matlabBicubic", "decimate"};
  return std::string("resize ") + kModes[static_cast<int>(job.mode)];
}

std::string nameOf(const NoiseJob& job) {
  static constexpr const char* kTypes[] = {"gaussian", "speckle", "poisson"};
  static constexpr const char* kChannels[] = {"colour", "gray", "correlated"};
  const NoiseParameters& p = job.parameters;
  return std::string("noise ") + kTypes[static_cast<int>(p.type)] + " " +
         kChannels[static_cast<int>(p.channels)] + (p.vals > 0 ? " of given photons" : "");
}

std::string nameOf(const IspJob&) { return "isp"; }
std::string nameOf(const InjectJob&) { return "inject"; }

std::string nameOf(const JpegJob& job) {
  if (job.parameters.backend == JpegBackend::diffjpeg) return "jpeg diffjpeg";
  return job.parameters.subsampling == Subsampling::yuv444 ? "jpeg libjpeg 444" : "jpeg libjpeg";
}

template <class Job>
auto resultOf(const Job& job) -> decltype(job.out) {
  return job.out;
}
template <class Job>
auto resultOf(const Job& job) -> decltype(job.image) {
  return job.image;
}

// A hash for every name, over all that was added under it.
class Hashes {
 public:
  explicit Hashes(bool each) : each_(each) {}

  void add(const std::string& name, const void* data, size_t bytes) {
    if (each_) {
      Sha256 step;
      step.update(data, bytes);
      std::printf("step %d, %s: %s\n", steps_++, name.c_str(), step.hex().c_str());
    }
    Entry& entry = entries_[name];
    entry.sha256.update(data, bytes);
    entry.images++;
  }

  void print() {
    for (auto& [name, found] : entries_) {
      std::printf("%s: %s, %d images\n", name.c_str(), found.sha256.hex().c_str(), found.images);
    }
  }

 private:
  struct Entry {
    Sha256 sha256;
    int images = 0;
  };
  bool each_;
  int steps_ = 0;
  std::map<std::string, Entry> entries_;
};

// Passes every call on and hashes what came out of it.
class HashingBackend final : public DegradeBackend {
 public:
  explicit HashingBackend(Hashes& hashes) : hashes_(hashes) {}
  float* workspace(size_t floats) override { return backend_.workspace(floats); }
  // Rows that nothing will read hold what was there before: they are made the same everywhere.
  void blur(const BlurJob* jobs, int n) override {
    backend_.blur(jobs, n);
    for (int i = 0; i < n; i++) {
      const ImageView& out = jobs[i].out;
      for (int row = 0; row < out.channels * out.height; row++) {
        if (row % out.height % jobs[i].rowStep == 0) continue;
        std::fill_n(out.data + static_cast<size_t>(row) * out.width, out.width, 0);
      }
      see(nameOf(jobs[i]), out);
    }
  }
  void resize(const ResizeJob* jobs, int n) override { forward(&DegradeBackend::resize, jobs, n); }
  void noise(const NoiseJob* jobs, int n) override { forward(&DegradeBackend::noise, jobs, n); }
  void isp(const IspJob* jobs, int n) override { forward(&DegradeBackend::isp, jobs, n); }
  void inject(const InjectJob* jobs, int n) override { forward(&DegradeBackend::inject, jobs, n); }
  void jpeg(const JpegJob* jobs, int n) override { forward(&DegradeBackend::jpeg, jobs, n); }
  void copy(const CopyJob* jobs, int n) override { backend_.copy(jobs, n); }

  void usm(const CopyJob* jobs, int n) override {
    backend_.usm(jobs, n);
    for (int i = 0; i < n; i++) see("usm", jobs[i].out);
  }

  void clamp(const ImageView* images, int n) override {
    backend_.clamp(images, n);
    for (int i = 0; i < n; i++) see("clamp", images[i]);
  }

  void quantize(const CopyJob* jobs, int n) override {
    backend_.quantize(jobs, n);
    for (int i = 0; i < n; i++) see("lq", jobs[i].out);
  }

 private:
  template <class Job>
  void forward(void (DegradeBackend::*method)(const Job*, int), const Job* jobs, int count) {
    (backend_.*method)(jobs, count);
    for (int i = 0; i < count; i++) see(nameOf(jobs[i]), resultOf(jobs[i]));
  }

  void see(const std::string& name, ImageView image) {
    hashes_.add(name, image.data, image.size() * sizeof(float));
  }

  Hashes& hashes_;
  cpu::CpuDegradeBackend backend_;
};

// (3, H, W) in [0, 1] to 8 bits, HWC.
std::vector<uint8_t> bytesOf(const std::vector<float>& image) {
  const size_t plane = image.size() / 3;
  std::vector<uint8_t> bytes(image.size());
  for (size_t i = 0; i < image.size(); i++) {
    bytes[i] = static_cast<uint8_t>(std::lrintf(255 * image[i % 3 * plane + i / 3]));
  }
  return bytes;
}

void score(const TestImage& image, const std::vector<float>& other, Hashes& hashes) {
  static ThreadPool pool;
  const ThreadTeam team(pool, 2);
  const std::vector<uint8_t> a = bytesOf(image.gt), b = bytesOf(other);
  const int height = image.height, width = image.width;
  const double probe = psnrY(image.gt.data(), other.data(), height, width, 2);
  hashes.add("psnr of probes", &probe, sizeof probe);
  const std::vector<uint8_t> small =
      resizeBicubic(a.data(), {height, width}, {height / 2, width - 1}, true, team);
  hashes.add("bicubic", small.data(), small.size());
  if (height < kSsimTaps || width < kSsimTaps) return;
  const ImageScores scores = scoreImages(a.data(), b.data(), height, width, 0, team);
  hashes.add("scores", &scores, sizeof scores);
}

// Returns gt sharpened.
std::vector<float> degrade(TestImage& image, const DegradeBank& bank, HashingBackend& backend,
                           Degrader& degrader) {
  const ImageView gt{image.gt.data(), 3, image.height, image.width};
  const ImagePlan plan = planImage(image.recipe, image.height, image.width, bank);
  std::vector<float> lq(size_t{3} * plan.lqHeight * plan.lqWidth);
  const DegradeImage job{gt, &plan, {lq.data(), 3, plan.lqHeight, plan.lqWidth}};
  degrader.run(&job, 1, bank);

  std::vector<float> sharp(image.gt.size());
  const CopyJob sharpen{gt, {sharp.data(), 3, image.height, image.width}};
  backend.usm(&sharpen, 1);
  return sharp;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  Hashes hashes(argc > 2);
  HashingBackend backend(hashes);
  Degrader degrader(backend);
  ImageFile file(argv[1]);
  TestImage image;
  while (file.next(image)) score(image, degrade(image, file.bank(), backend, degrader), hashes);
  hashes.print();
}
