#include "nn/alignments.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "error.h"

namespace evensr {
namespace {

// A sample that is restored exactly has no log-MSE: errors count as at least 100 dB.
constexpr double kLeastError = 1e-10;

using Sample = std::pair<const BatchData*, int>;

std::vector<Sample> samplesOf(const std::vector<TaskSamples>& all, int task, const char* what) {
  std::vector<Sample> samples;
  for (const TaskSamples& some : all) {
    for (int i = 0; i < some.batch->batch; i++) {
      if (some.tasks[i] == task) samples.push_back({some.batch.get(), i});
    }
  }
  if (!samples.empty()) return samples;
  throw CodedError("E_SHAPE", "task " + std::to_string(task) + " has no " + what);
}

void checkSamples(const std::vector<TaskSamples>& all, const BatchData& first) {
  for (const TaskSamples& some : all) {
    const BatchData& batch = *some.batch;
    if (some.tasks.size() != static_cast<size_t>(batch.batch)) {
      throw CodedError("E_SHAPE", std::to_string(some.tasks.size()) + " tasks for a batch of " +
                                      std::to_string(batch.batch));
    }
    if (batch.lqHeight != first.lqHeight || batch.lqWidth != first.lqWidth ||
        batch.gtHeight != first.gtHeight || batch.gtWidth != first.gtWidth) {
      throw CodedError("E_SHAPE", "the samples to align are not all of one size");
    }
  }
}

// One sample of an array that holds `count` equal ones.
void copySample(const FloatArray& from, int count, int index, FloatArray& to, int places,
                int place) {
  const size_t size = from.size() / count;
  std::copy_n(from.data() + size * index, size, to.data() + to.size() / places * place);
}

class Aligner {
 public:
  Aligner(Trainer& trainer, const AlignmentOptions& options);
  Alignments align();

 private:
  // What a gradient is of: the loss that is trained, or the logarithm of the MSE.
  enum class Objective { loss, logMse };

  void gradientOf(const std::vector<Sample>& samples, Objective objective);
  void fill(const std::vector<Sample>& samples, size_t first, bool sharpened);
  void lossGradient(size_t filled, size_t all);
  void logMseGradient(size_t filled, size_t all);
  void ignoreEstimate();
  Activation flat(float* values) const {
    return {{1, 1, 1, static_cast<int>(trainer_.graph().parameterCount())}, values, 0};
  }

  Trainer& trainer_;
  NetworkBackend& backend_;
  const AlignmentOptions& options_;
  BatchData chunk_;
  Plan* plan_ = nullptr;
};

Aligner::Aligner(Trainer& trainer, const AlignmentOptions& options)
    : trainer_(trainer),
      backend_(trainer.backend()),
      options_(options),
      chunk_(options.training.at(0).batch->pool) {
  const BatchData& first = *options.training[0].batch;
  checkSamples(options.training, first);
  checkSamples(options.probes, first);
  chunk_.batch = options.atOnce;
  chunk_.lqHeight = first.lqHeight;
  chunk_.lqWidth = first.lqWidth;
  chunk_.gtHeight = first.gtHeight;
  chunk_.gtWidth = first.gtWidth;
  chunk_.lq = chunk_.pool->take(first.lq.size() / first.batch * options.atOnce);
  chunk_.gt = chunk_.pool->take(first.gt.size() / first.batch * options.atOnce);
}

// Places beyond the last sample repeat it and get no weight, so that every chunk has one size and
// the passes are those of a step.
void Aligner::fill(const std::vector<Sample>& samples, size_t first, bool sharpened) {
  for (int place = 0; place < options_.atOnce; place++) {
    const auto& [batch, index] = samples[std::min(first + place, samples.size() - 1)];
    const bool isPlain = !sharpened && batch->plainGt.size() > 0;
    copySample(batch->lq, batch->batch, index, chunk_.lq, options_.atOnce, place);
    copySample(isPlain ? batch->plainGt : batch->gt, batch->batch, index, chunk_.gt,
               options_.atOnce, place);
  }
}

// Weights that make the mean over the chunk its share of the mean over all samples.
std::vector<double> shares(int atOnce, size_t filled, size_t all) {
  std::vector<double> weights(atOnce, 0);
  std::fill_n(weights.begin(), filled, static_cast<double>(atOnce) / all);
  return weights;
}

void Aligner::lossGradient(size_t filled, size_t all) {
  const TrainerOptions& o = trainer_.options();
  const std::vector<double> weights = shares(options_.atOnce, filled, all);
  std::vector<double> losses(options_.atOnce);
  backend_.loss({o.loss, static_cast<float>(o.lossEpsilon), plan_->output(), chunk_.gt.data(),
                 weights.data(), losses.data(), plan_->outputGradient()});
}

// The derivative of log MSE is that of the MSE, divided by it.
void Aligner::logMseGradient(size_t filled, size_t all) {
  std::vector<double> weights = shares(options_.atOnce, filled, all);
  std::vector<double> errors(options_.atOnce);
  const LossCall call{LossType::l2,  0, plan_->output(), chunk_.gt.data(), weights.data(),
                      errors.data(), {}};
  backend_.loss(call);
  for (size_t i = 0; i < filled; i++) weights[i] /= std::max(errors[i], kLeastError);
  backend_.loss({call.type, call.epsilon, call.sr, call.gt, call.sampleWeight, call.losses,
                 plan_->outputGradient()});
}

// What is aligned is what the pictures say.
void Aligner::ignoreEstimate() {
  const Activation& gradient = plan_->outputGradients()[0];
  backend_.fromPlanar(std::vector<float>(gradient.shape.elements()).data(), gradient);
}

// Leaves the gradient of a mean over samples where a step has its own.
void Aligner::gradientOf(const std::vector<Sample>& samples, Objective objective) {
  const size_t atOnce = options_.atOnce;
  const int count = static_cast<int>((samples.size() + atOnce - 1) / atOnce);
  for (int index = 0; index < count; index++) {
    const size_t first = index * atOnce;
    const size_t filled = std::min(atOnce, samples.size() - first);
    fill(samples, first, objective == Objective::logMse || trainer_.options().lossGtUsm);
    plan_ = &trainer_.planFor(BatchPart(chunk_), kTrainingPass, StateBlock::weights,
                              index == 0 ? Pass::next : Pass::same);
    plan_->forward();
    if (objective == Objective::loss) {
      lossGradient(filled, samples.size());
    } else {
      logMseGradient(filled, samples.size());
    }
    if (trainer_.graph().hasEstimate()) ignoreEstimate();
    plan_->backward();
    trainer_.finishGradient();
    trainer_.sumGradients(index, count);
  }
}

Alignments Aligner::align() {
  const int tasks = options_.tasks;
  const size_t count = trainer_.graph().parameterCount();
  Alignments result;
  float* const directions = trainer_.alignmentBlocks(tasks + 1);
  float* const mean = directions + tasks * count;
  for (int t = 0; t < tasks; t++) {
    gradientOf(samplesOf(options_.training, t, "training samples"), Objective::loss);
    float* const direction = directions + t * count;
    trainer_.adamDirection(direction);
    result.stepNorms.push_back(std::sqrt(backend_.sumOfProducts(direction, direction, count)));
  }
  result.dots.resize(static_cast<size_t>(tasks) * tasks);
  for (int u = 0; u < tasks; u++) {
    gradientOf(samplesOf(options_.probes, u, "probes"), Objective::logMse);
    const Activation gradient = flat(trainer_.gradient()), sum = flat(mean);
    const float share = 1.0f / static_cast<float>(tasks);
    if (u == 0) {
      backend_.scale(gradient, share, sum);
    } else {
      backend_.add(sum, gradient, share, sum);
    }
    for (int t = 0; t < tasks; t++) {
      result.dots[static_cast<size_t>(t) * tasks + u] =
          backend_.sumOfProducts(directions + t * count, trainer_.gradient(), count);
    }
  }
  result.gradientNorm = std::sqrt(backend_.sumOfProducts(mean, mean, count));
  return result;
}

}  // namespace

Alignments alignments(Trainer& trainer, const AlignmentOptions& options) {
  if (options.training.empty() || options.probes.empty()) {
    throw CodedError("E_SHAPE", "there are no samples to align");
  }
  trainer.backend().makeCurrent();
  // A pass of training moves them on.
  const std::vector<float> buffers = trainer.getBuffers();
  try {
    const Alignments result = Aligner(trainer, options).align();
    trainer.setBuffers(buffers);
    return result;
  } catch (...) {
    trainer.setBuffers(buffers);
    throw;
  }
}

}  // namespace evensr
