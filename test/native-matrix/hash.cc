// Degrades the images of a file and prints a SHA-256 for every operator, over all that it put out
// on the way, and one for the results. Whatever compiler, level and instruction set it was built
// with, the lines must be the same.
//
//   hash FILE [each]     each: the hash of every single step as well, to find where two builds part
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "cpu/cpu_degrade.h"
#include "degrade/degrade.h"
#include "images.h"
#include "sha256.h"

using namespace evensr;

namespace {

std::string nameOf(const BlurJob& job) { return job.row ? "blur separable" : "blur"; }

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

// Passes every call on and hashes what came out of it.
class HashingBackend final : public DegradeBackend {
 public:
  explicit HashingBackend(bool each) : each_(each) {}
  float* workspace(size_t floats) override { return backend_.workspace(floats); }
  void blur(const BlurJob* jobs, int n) override { forward(&DegradeBackend::blur, jobs, n); }
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

  void print() {
    for (auto& [name, found] : hashes_) {
      std::printf("%s: %s, %d images\n", name.c_str(), found.sha256.hex().c_str(), found.images);
    }
  }

 private:
  struct OperatorHash {
    Sha256 sha256;
    int images = 0;
  };

  template <class Job>
  void forward(void (DegradeBackend::*method)(const Job*, int), const Job* jobs, int count) {
    (backend_.*method)(jobs, count);
    for (int i = 0; i < count; i++) see(nameOf(jobs[i]), resultOf(jobs[i]));
  }

  void see(const std::string& name, ImageView image) {
    if (each_) {
      Sha256 step;
      step.update(image.data, image.size() * sizeof(float));
      std::printf("step %d, %s: %s\n", steps_++, name.c_str(), step.hex().c_str());
    }
    OperatorHash& hash = hashes_[name];
    hash.sha256.update(image.data, image.size() * sizeof(float));
    hash.images++;
  }

  bool each_;
  int steps_ = 0;
  cpu::CpuDegradeBackend backend_;
  std::map<std::string, OperatorHash> hashes_;
};

void degrade(TestImage& image, const DegradeBank& bank, HashingBackend& backend,
             Degrader& degrader) {
  const ImageView gt{image.gt.data(), 3, image.height, image.width};
  const ImagePlan plan = planImage(image.recipe, image.height, image.width, bank);
  std::vector<float> lq(size_t{3} * plan.lqHeight * plan.lqWidth);
  const DegradeImage job{gt, &plan, {lq.data(), 3, plan.lqHeight, plan.lqWidth}};
  degrader.run(&job, 1, bank);

  std::vector<float> sharp(image.gt.size());
  const CopyJob sharpen{gt, {sharp.data(), 3, image.height, image.width}};
  backend.usm(&sharpen, 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  HashingBackend backend(argc > 2);
  Degrader degrader(backend);
  ImageFile file(argv[1]);
  TestImage image;
  while (file.next(image)) degrade(image, file.bank(), backend, degrader);
  backend.print();
}
