// Degrades the images of a file and prints a SHA-256 for every operator, over all that it put out
// on the way, and one for the results. Whatever compiler, level and instruction set it was built
// with, the lines must be the same.
//
//   hash FILE
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

// Passes every call on and hashes what came out of it.
class HashingBackend final : public DegradeBackend {
 public:
  float* workspace(size_t floats) override { return backend_.workspace(floats); }

  void blur(const BlurJob* jobs, int count) override {
    backend_.blur(jobs, count);
    for (int i = 0; i < count; i++) see(jobs[i].row ? "blur separable" : "blur", jobs[i].out);
  }

  void resize(const ResizeJob* jobs, int count) override {
    static const char* const kNames[] = {"resize area", "resize bilinear", "resize bicubic"};
    backend_.resize(jobs, count);
    for (int i = 0; i < count; i++) see(kNames[static_cast<int>(jobs[i].mode)], jobs[i].out);
  }

  void noise(const NoiseJob* jobs, int count) override {
    static const char* const kNames[] = {"", "noise gaussian", "noise poisson"};
    backend_.noise(jobs, count);
    for (int i = 0; i < count; i++) see(kNames[static_cast<int>(jobs[i].type)], jobs[i].image);
  }

  void jpeg(const JpegJob* jobs, int count) override {
    static const char* const kNames[] = {"jpeg diffjpeg", "jpeg libjpeg"};
    backend_.jpeg(jobs, count);
    for (int i = 0; i < count; i++) see(kNames[static_cast<int>(jobs[i].backend)], jobs[i].image);
  }

  void usm(const CopyJob* jobs, int count) override {
    backend_.usm(jobs, count);
    for (int i = 0; i < count; i++) see("usm", jobs[i].out);
  }

  void copy(const CopyJob* jobs, int count) override { backend_.copy(jobs, count); }

  void clamp(const ImageView* images, int count) override {
    backend_.clamp(images, count);
    for (int i = 0; i < count; i++) see("clamp", images[i]);
  }

  void quantize(const CopyJob* jobs, int count) override {
    backend_.quantize(jobs, count);
    for (int i = 0; i < count; i++) see("lq", jobs[i].out);
  }

  void print() {
    for (auto& [name, operatorHash] : hashes_) {
      std::printf("%s: %s, %d images\n", name.c_str(), operatorHash.sha256.hex().c_str(),
                  operatorHash.images);
    }
  }

 private:
  struct OperatorHash {
    Sha256 sha256;
    int images = 0;
  };

  void see(const char* name, ImageView image) {
    OperatorHash& hash = hashes_[name];
    hash.sha256.update(image.data, image.size() * sizeof(float));
    hash.images++;
  }

  cpu::CpuDegradeBackend backend_;
  std::map<std::string, OperatorHash> hashes_;
};

void degrade(TestImage& image, HashingBackend& backend, Degrader& degrader) {
  const ImageView gt{image.gt.data(), 3, image.height, image.width};
  DegradeImage job{gt, planImage(image.recipe, image.height, image.width), {}};
  std::vector<float> lq(size_t{3} * job.plan.lqHeight * job.plan.lqWidth);
  job.lq = {lq.data(), 3, job.plan.lqHeight, job.plan.lqWidth};
  degrader.run(&job, 1);

  std::vector<float> sharp(image.gt.size());
  const CopyJob sharpen{gt, {sharp.data(), 3, image.height, image.width}};
  backend.usm(&sharpen, 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  HashingBackend backend;
  Degrader degrader(backend);
  for (TestImage& image : readImages(argv[1])) degrade(image, backend, degrader);
  backend.print();
}
