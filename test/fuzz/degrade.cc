// Fuzzes the degradation engine as recipes from files and callers reach it; built with the address
// and undefined-behaviour sanitizers.
//
//   degrade SEED RECIPES IMAGES
//
// RECIPES random recipes go through the checks (planImage), and what they accept must be within
// the bounds that the rest relies on. IMAGES random recipes degrade random small images, every
// operator on memory of exactly its size, each twice over memory that holds different bytes
// beforehand: the results must be the same, and 8-bit levels.
#include "degrade/degrade.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cpu/cpu_degrade.h"
#include "draw.h"
#include "error.h"

using namespace evensr;

namespace {

[[noreturn]] void fail(const char* what, uint64_t seed, long index, const Recipe& recipe) {
  std::fprintf(stderr, "FINDING: %s (seed %llu, index %ld)\n", what,
               static_cast<unsigned long long>(seed), index);
  std::fprintf(stderr, "scale %g, %g operations\n", recipe.scale, recipe.operations);
  for (int i = 0; i < kMaxOperations && i < recipe.operations; i++) {
    const OperationRecord& record = recipe.records[i];
    std::fprintf(stderr, "%g (stage %g):", record.code, record.stage);
    for (const double parameter : record.parameters) std::fprintf(stderr, " %.17g", parameter);
    std::fprintf(stderr, "\n");
  }
  std::exit(1);
}

// An image in an allocation of its own.
class Exact {
 public:
  explicit Exact(ImageView like) : pixels_(like.size()) {
    std::memset(pixels_.data(), fuzzPoison, pixels_.size() * sizeof(float));
    view_ = {pixels_.data(), like.channels, like.height, like.width};
  }
  ImageView view() const { return view_; }
  void load(ImageView from) { copy(from.data, view_.data); }
  void store(ImageView to) const { copy(view_.data, to.data); }

 private:
  void copy(const float* from, float* to) const {
    std::memcpy(to, from, view_.size() * sizeof(float));
  }
  std::vector<float> pixels_;
  ImageView view_;
};

// Gives every operator its images in exact allocations.
class ExactBackend final : public DegradeBackend {
 public:
  float* workspace(size_t floats) override { return backend_.workspace(floats); }
  void blur(const BlurJob* jobs, int n) override {
    for (int i = 0; i < n; i++) {
      BlurJob job = jobs[i];
      std::vector<float> given;
      if (job.given) {
        const size_t taps = static_cast<size_t>(job.kernel.size) * job.kernel.size;
        given.assign(job.given, job.given + taps);
        job.given = given.data();
      }
      copied(&DegradeBackend::blur, &job, 1);
    }
  }
  void resize(const ResizeJob* jobs, int n) override { copied(&DegradeBackend::resize, jobs, n); }
  void noise(const NoiseJob* jobs, int n) override { inPlace(&DegradeBackend::noise, jobs, n); }
  void isp(const IspJob* jobs, int n) override { inPlace(&DegradeBackend::isp, jobs, n); }
  void inject(const InjectJob* jobs, int n) override { inPlace(&DegradeBackend::inject, jobs, n); }
  void jpeg(const JpegJob* jobs, int n) override { inPlace(&DegradeBackend::jpeg, jobs, n); }
  void usm(const CopyJob* jobs, int n) override { copied(&DegradeBackend::usm, jobs, n); }
  void copy(const CopyJob* jobs, int n) override { copied(&DegradeBackend::copy, jobs, n); }
  void quantize(const CopyJob* jobs, int n) override { copied(&DegradeBackend::quantize, jobs, n); }
  void clamp(const ImageView* images, int n) override {
    for (int i = 0; i < n; i++) {
      Exact image(images[i]);
      image.load(images[i]);
      const ImageView view = image.view();
      backend_.clamp(&view, 1);
      image.store(images[i]);
    }
  }

 private:
  template <class Job>
  void copied(void (DegradeBackend::*method)(const Job*, int), const Job* jobs, int count) {
    for (int i = 0; i < count; i++) {
      Exact in(jobs[i].in), out(jobs[i].out);
      in.load(jobs[i].in);
      Job job = jobs[i];
      job.in = in.view();
      job.out = out.view();
      (backend_.*method)(&job, 1);
      out.store(jobs[i].out);
    }
  }

  template <class Job>
  void inPlace(void (DegradeBackend::*method)(const Job*, int), const Job* jobs, int count) {
    for (int i = 0; i < count; i++) {
      Exact image(jobs[i].image);
      image.load(jobs[i].image);
      Job job = jobs[i];
      job.image = image.view();
      (backend_.*method)(&job, 1);
      image.store(jobs[i].image);
    }
  }

  cpu::CpuDegradeBackend backend_;
};

constexpr int kPatchSize = 64;

// Kernels of side 5: a mean, a sharp one, one of the largest gain, one that moves the image.
DegradeBank makeBank(std::vector<uint8_t>& pixels) {
  DegradeBank bank;
  bank.kernelSize = 5;
  bank.kernelCount = 4;
  bank.kernels.assign(25, 1.0f / 25);
  for (int k = 1; k < 4; k++) {
    std::vector<float> taps(25, 0.0f);
    if (k == 1) taps[12] = 3, taps[11] = -1, taps[13] = -1;
    if (k == 2) taps[0] = 4.5f, taps[1] = -4.5f, taps[2] = 1;
    if (k == 3) taps[24] = 1;
    bank.kernels.insert(bank.kernels.end(), taps.begin(), taps.end());
  }
  const size_t stride = size_t{3} * kPatchSize;
  bank.patchSize = kPatchSize;
  for (int i = 0; i < 3 * kPatchSize * kPatchSize * 3; i++) {
    pixels.push_back(static_cast<uint8_t>(i * 2654435761u >> 24));
  }
  for (int i = 0; i < 3; i++) bank.patches.push_back({&pixels[i * kPatchSize * stride], stride});
  return bank;
}

bool sound(const ImagePlan& plan) {
  int height = plan.gtHeight, width = plan.gtWidth;
  if (plan.count < 0 || plan.count > kMaxOperations) return false;
  for (int i = 0; i < plan.count; i++) {
    const OperationPlan& o = plan.operations[i];
    if (o.height < 1 || o.width < 1 || o.height > 1 << 15 || o.width > 1 << 15) return false;
    if (o.stage < 0 || o.stage > 7) return false;
    const bool resizes = o.type == OperationType::resize;
    if (!resizes && (o.height != height || o.width != width)) return false;
    height = o.height, width = o.width;
    if (o.type == OperationType::blur &&
        (o.kernel.size < 3 || o.kernel.size % 2 == 0 || o.kernel.size > kMaxKernelSize)) {
      return false;
    }
    if (o.type == OperationType::noise && !std::isfinite(o.noise.level)) return false;
  }
  return height == plan.lqHeight && width == plan.lqWidth;
}

// Whether the recipe is accepted; every refusal must be E_RECIPE and say something.
bool planned(const Recipe& recipe, int height, int width, const DegradeBank& bank, ImagePlan& plan,
             uint64_t seed, long index) {
  try {
    plan = planImage(recipe, height, width, bank);
    return true;
  } catch (const CodedError& error) {
    if (error.code() != "E_RECIPE") fail(error.what(), seed, index, recipe);
    return false;
  }
}

long fuzzRecipes(uint64_t seed, long count, const DegradeBank& bank) {
  Draw draw(seed);
  const DegradeBank none;
  Recipe recipe{};
  ImagePlan plan;
  long accepted = 0;
  for (long i = 0; i < count; i++) {
    const int scale = 1 + draw.below(4);
    drawRecipe(draw, scale, recipe);
    if (draw.chance(0.9)) spoil(draw, recipe);
    const int height = draw.chance(0.01) ? 1 << draw.below(16) : scale * (1 + draw.below(100));
    const int width = draw.chance(0.01) ? 1 << draw.below(16) : scale * (1 + draw.below(100));
    if (!planned(recipe, height, width, draw.chance(0.1) ? none : bank, plan, seed, i)) continue;
    accepted++;
    if (!sound(plan)) fail("an accepted recipe is not sound", seed, i, recipe);
  }
  return accepted;
}

std::vector<float> drawImage(Draw& draw, int height, int width) {
  std::vector<float> image(size_t{3} * height * width);
  const int kind = draw.below(4);
  const auto flat = static_cast<float>(draw.within(0, 1));
  for (float& value : image) {
    value = kind == 0   ? flat
            : kind == 1 ? static_cast<float>(draw.below(2))
                        : static_cast<float>(draw.below(256)) / 255.0f;
  }
  return image;
}

std::vector<float> degrade(const std::vector<float>& gt, const ImagePlan& plan,
                           const DegradeBank& bank, unsigned char poison) {
  fuzzPoison = poison;
  ExactBackend backend;
  Degrader degrader(backend);
  std::vector<float> copy = gt, lq(size_t{3} * plan.lqHeight * plan.lqWidth);
  const DegradeImage job{{copy.data(), 3, plan.gtHeight, plan.gtWidth},
                         &plan,
                         {lq.data(), 3, plan.lqHeight, plan.lqWidth}};
  degrader.run(&job, 1, bank);
  if (copy != gt) lq.assign(1, -1.0f);
  return lq;
}

long fuzzImages(uint64_t seed, long count, const DegradeBank& bank) {
  Draw draw(seed + 1);
  Recipe recipe{};
  ImagePlan plan;
  long degraded = 0;
  for (long i = 0; i < count; i++) {
    const int scale = 1 + draw.below(4), most = draw.chance(0.02) ? 96 : 24;
    const auto side = [&] { return scale * (1 + draw.below(std::max(1, most / scale))); };
    const int height = side(), width = side();
    do {
      drawRecipe(draw, scale, recipe);
    } while (!planned(recipe, height, width, bank, plan, seed, i));
    const std::vector<float> gt = drawImage(draw, height, width);
    const std::vector<float> lq = degrade(gt, plan, bank, 0x00);
    const std::vector<float> again = degrade(gt, plan, bank, 0xFF);
    if (std::memcmp(lq.data(), again.data(), lq.size() * sizeof(float)) != 0) {
      fail("the result depends on memory that nobody wrote", seed, i, recipe);
    }
    for (const float value : lq) {
      const float level = value * 255.0f;
      if (!(value >= 0 && value <= 1) || std::fabs(level - std::nearbyint(level)) > 1e-3f) {
        fail("lq is no 8-bit level, or gt was changed", seed, i, recipe);
      }
    }
    degraded++;
  }
  return degraded;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const uint64_t seed = std::strtoull(argv[1], nullptr, 10);
  const long recipes = std::atol(argv[2]), images = std::atol(argv[3]);
  std::vector<uint8_t> pixels;
  const DegradeBank bank = makeBank(pixels);
  const long accepted = fuzzRecipes(seed, recipes, bank);
  std::printf("recipes: %ld, accepted %ld\n", recipes, accepted);
  std::printf("images: %ld\n", fuzzImages(seed, images, bank));
}
