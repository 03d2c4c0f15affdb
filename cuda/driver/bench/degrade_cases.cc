// Degradations: images a second of whole batches, and the time of every operator.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/bench.h"
#include "bench/folder.h"
#include "cpu/cpu_degrade.h"
#include "degrade/degrade.h"
#include "degrade/profile.h"
#include "real_esrgan.h"
#include "text.h"
#include "training.h"

namespace evensr::driver {
namespace {

constexpr int kScale = 4;

struct Settings {
  int batch, side;
  bool usm;
};

// Batches of recipes for one batch of gt in the device's memory.
class Work {
 public:
  Work(Bench& bench, const Settings& settings, int batches)
      : settings_(settings), backend_(bench.api.degradeBackend(bench.options.device)) {
    Dice dice(bench.options.seed);
    const int side = settings.side, lqSide = side / kScale;
    imageFloats_ = size_t{3} * side * side;
    gt_.resize(imageFloats_ * settings.batch);
    for (int n = 0; n < settings.batch; n++) drawPicture(dice, side, &gt_[imageFloats_ * n]);
    backend_->makeCurrent();
    memory_ = backend_->allocate(gt_.size() * sizeof(float));
    sharp_ = backend_->allocate(gt_.size() * sizeof(float));
    lqFloats_ = size_t{3} * lqSide * lqSide;
    lq_ = backend_->allocate(lqFloats_ * settings.batch * sizeof(float));
    backend_->upload(gt_.data(), memory_->data(), gt_.size() * sizeof(float));
    for (int b = 0; b < batches; b++) {
      recipes_.push_back(drawRealEsrgan(dice, settings.batch, kScale));
      std::vector<ImagePlan> plans;
      for (const Recipe& recipe : recipes_.back()) plans.push_back(planImage(recipe, side, side));
      plans_.push_back(plans);
    }
  }

  // Degrades all batches with the operators of `operators`, and waits for them.
  void run(DegradeBackend& operators) {
    Degrader degrader(operators);
    for (const std::vector<ImagePlan>& plans : plans_) {
      float* source = data(*memory_);
      if (settings_.usm) {
        sharpen(operators);
        source = data(*sharp_);
      }
      std::vector<DegradeImage> images;
      for (size_t n = 0; n < plans.size(); n++) images.push_back(image(source, plans[n], n));
      degrader.run(images.data(), static_cast<int>(images.size()), {});
    }
    lq(0);
  }
  void run() { run(*backend_); }
  DeviceDegradeBackend& backend() { return *backend_; }
  int images() const { return settings_.batch * static_cast<int>(plans_.size()); }

  // Throws WrongResult when the last batch's first and last images are not what the CPU makes.
  void check() {
    run();
    for (const size_t n : {size_t{0}, plans_.back().size() - 1}) checkOne(n);
  }

  // The files and the request that have the peer do the same.
  std::string request(const Folder& folder) const {
    folder.write("gt.f32", gt_.data(), gt_.size());
    std::vector<std::string> batches;
    for (const std::vector<Recipe>& recipes : recipes_) {
      std::vector<std::string> items;
      for (const Recipe& recipe : recipes) items.push_back(recipeJson(recipe));
      batches.push_back("[" + listed(items) + "]");
    }
    return "{\"do\":\"prepare_degrade\",\"folder\":" + quoted(folder.path()) +
           ",\"batch\":" + std::to_string(settings_.batch) +
           ",\"side\":" + std::to_string(settings_.side) +
           ",\"usm\":" + (settings_.usm ? "true" : "false") + ",\"batches\":[" + listed(batches) +
           "]}";
  }

 private:
  static float* data(DeviceMemory& memory) { return static_cast<float*>(memory.data()); }

  ImageView view(float* all, size_t n) const {
    return {all + imageFloats_ * n, 3, settings_.side, settings_.side};
  }

  void sharpen(DegradeBackend& operators) {
    std::vector<CopyJob> jobs;
    for (int n = 0; n < settings_.batch; n++) {
      jobs.push_back({view(data(*memory_), n), view(data(*sharp_), n)});
    }
    operators.usm(jobs.data(), static_cast<int>(jobs.size()));
  }

  DegradeImage image(float* source, const ImagePlan& plan, size_t n) {
    const int side = settings_.side / kScale;
    return {view(source, n), &plan, {data(*lq_) + lqFloats_ * n, 3, side, side}};
  }

  std::vector<float> lq(size_t n) {
    std::vector<float> values(lqFloats_);
    backend_->download(data(*lq_) + lqFloats_ * n, values.data(), lqFloats_ * sizeof(float));
    return values;
  }

  void checkOne(size_t n) {
    cpu::CpuDegradeBackend cpu;
    std::vector<float> source(gt_.begin() + imageFloats_ * n, gt_.begin() + imageFloats_ * (n + 1));
    std::vector<float> expected(lqFloats_), sharp(imageFloats_);
    const int side = settings_.side, lqSide = side / kScale;
    ImageView gt{source.data(), 3, side, side};
    if (settings_.usm) {
      const CopyJob job{gt, {sharp.data(), 3, side, side}};
      cpu.usm(&job, 1);
      gt = job.out;
    }
    const DegradeImage one{gt, &plans_.back()[n], {expected.data(), 3, lqSide, lqSide}};
    Degrader(cpu).run(&one, 1, {});
    if (std::memcmp(expected.data(), lq(n).data(), lqFloats_ * sizeof(float)) == 0) return;
    throw WrongResult("image " + std::to_string(n) + " of the batch is not what the CPU makes");
  }

  const Settings settings_;
  const std::unique_ptr<DeviceDegradeBackend> backend_;
  size_t imageFloats_ = 0, lqFloats_ = 0;
  std::vector<float> gt_;
  std::unique_ptr<DeviceMemory> memory_, sharp_, lq_;
  std::vector<std::vector<Recipe>> recipes_;
  std::vector<std::vector<ImagePlan>> plans_;
};

std::string nameOf(const Settings& s) {
  return "degrade/" + std::to_string(s.side) + "/B" + std::to_string(s.batch) +
         (s.usm ? "+usm" : "");
}

std::vector<Row> wholeBatches(Bench& bench, const Settings& settings) {
  Work work(bench, settings, bench.options.tiny ? 1 : std::clamp(512 / settings.batch, 2, 8));
  work.check();
  const Folder folder;
  std::vector<std::string> variants;
  std::string refusal;
  if (bench.peer) {
    try {
      variants = bench.peer->prepare(work.request(folder), 120);
    } catch (const std::runtime_error& e) {
      refusal = e.what();
    }
  }
  const Once ours = [&] {
    const auto start = std::chrono::steady_clock::now();
    work.run();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    return time.count();
  };
  Row row = bench.compare(nameOf(settings), work.images(), ours, variants);
  if (!refusal.empty()) row.peers.push_back({"torch", {}, 0, refusal});
  return {row};
}

// Only where a launch waits for its kernel do host clocks time kernels.
std::vector<Row> operators(Bench& bench, const Settings& settings) {
  const char* blocking = std::getenv("CUDA_LAUNCH_BLOCKING");
  if (!blocking || std::strcmp(blocking, "1") != 0) {
    Row row;
    row.name = "operators";
    row.leftOut = "needs CUDA_LAUNCH_BLOCKING=1 in the environment";
    return {row};
  }
  Work work(bench, settings, bench.options.tiny ? 1 : 8);
  work.check();
  ProfiledBackend profiled(work.backend());
  work.run(profiled);
  profiled.takeProfile();
  work.run(profiled);
  std::vector<Row> rows;
  for (const auto& [name, profile] : profiled.takeProfile()) {
    Row row;
    row.name = "operators/" + name;
    const double seconds = profile.nanoseconds / 1e9;
    const double milliseconds = seconds * 1e3;
    row.milliseconds = {milliseconds, milliseconds, milliseconds, 1};
    row.perSecond = work.images() / seconds;
    const double floor =
        std::max(profile.bytes / bench.ceilings.copy, profile.flop / bench.ceilings.fma);
    row.share = floor / seconds;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

std::vector<BenchCase> degradationCases(bool tiny) {
  std::vector<BenchCase> cases;
  // The peer reflects borders of 10 pixels of the smallest image on the way, 0.3 of lq.
  const int side = tiny ? 144 : 400;
  const std::vector<int> batches = tiny ? std::vector<int>{2} : std::vector<int>{64, 16, 1, 256};
  for (const int batch : batches) {
    for (const bool usm : {false, true}) {
      const Settings settings{batch, side, usm};
      cases.push_back({nameOf(settings), [=](Bench& b) { return wholeBatches(b, settings); }});
    }
  }
  const Settings profiled{tiny ? 2 : 64, side, true};
  cases.push_back({"operators", [=](Bench& bench) { return operators(bench, profiled); }});
  return cases;
}

}  // namespace evensr::driver
