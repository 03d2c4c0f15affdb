#include "nn/training_step.h"

#include <chrono>
#include <cmath>
#include <limits>

#include "error.h"
#include "nn/score.h"

namespace evensr {
namespace {

using Losses = std::vector<double>;

constexpr PlanOptions kTraining{true, false, true};
// The losses in the order in which they are computed, and found not to be finite.
constexpr const char* kParts[] = {"pixel", "perceptual", "gan", "real", "fake"};
// How the generator sees the discriminator: as a loss.
constexpr PlanOptions kJudging{true, true, false};

Losses times(const Losses& weights, double factor) {
  Losses product = weights;
  for (double& weight : product) weight *= factor;
  return product;
}

Losses checkedWeights(const StepOptions& options, int batch) {
  if (options.sampleWeights.empty()) return Losses(batch, 1);
  if (options.sampleWeights.size() == static_cast<size_t>(batch)) return options.sampleWeights;
  throw CodedError("E_SHAPE", std::to_string(options.sampleWeights.size()) +
                                  " sample weights for a batch of " + std::to_string(batch));
}

class Step {
 public:
  Step(Trainer& trainer, const BatchData& batch, const StepOptions& options)
      : trainer_(trainer),
        backend_(trainer.backend()),
        batch_(batch),
        options_(options),
        weights_(checkedWeights(options, batch.batch)),
        ones_(batch.batch, 1) {
    outcome_.losses.assign(batch.batch, 0);
    outcome_.gradientNorm = outcome_.discriminatorGradientNorm =
        std::numeric_limits<double>::quiet_NaN();
  }

  StepOutcome run();

 private:
  Trainer* discriminator() const {
    return trainer_.options().ganWeight > 0 ? options_.discriminator : nullptr;
  }
  std::string tryStep();
  void pixelLoss(const Plan& run);
  void perceptualLoss(const Plan& run);
  void ganLoss(const Plan& run);
  void join(const char* name, double weight, const Losses& losses);
  std::string findNonFinite() const;
  void learn();
  Plan& pass(const PlanOptions& options, const Activation* sr);
  double meanOfLogits(const Activation* sr);

  Trainer& trainer_;
  NetworkBackend& backend_;
  const BatchData& batch_;
  const StepOptions& options_;
  const Losses weights_, ones_;
  StepOutcome outcome_;
  Activation sr_;  // what the discriminator learns from
};

StepOutcome Step::run() {
  const auto start = std::chrono::steady_clock::now();
  backend_.makeCurrent();
  const std::vector<float> buffers = trainer_.getBuffers();
  const std::vector<float> others =
      discriminator() ? discriminator()->getBuffers() : std::vector<float>();
  const auto restore = [&] {
    trainer_.setBuffers(buffers);
    if (discriminator()) discriminator()->setBuffers(others);
  };
  try {
    outcome_.nonFinite = tryStep();
  } catch (...) {
    restore();
    throw;
  }
  if (!outcome_.nonFinite.empty()) restore();
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  outcome_.milliseconds = time.count();
  return std::move(outcome_);
}

// The whole step, or the name of what was not finite.
std::string Step::tryStep() {
  Plan& run = trainer_.planFor(batch_, kTraining, StateBlock::weights);
  run.forward();
  pixelLoss(run);
  if (trainer_.perceptual()) perceptualLoss(run);
  if (discriminator()) ganLoss(run);
  std::string found = findNonFinite();
  if (!found.empty()) return found;

  run.backward();
  trainer_.finishGradient();
  found = trainer_.checkUpdate(options_.learningRate, outcome_.gradientNorm);
  if (!found.empty()) return found;
  if (discriminator()) {
    learn();
    found = findNonFinite();
    if (!found.empty()) return "discriminator: " + found;
    found = discriminator()->checkUpdate(options_.discriminatorLearningRate,
                                         outcome_.discriminatorGradientNorm);
    if (!found.empty()) return "discriminator: " + found;
    discriminator()->update(options_.discriminatorLearningRate);
  }
  trainer_.update(options_.learningRate);
  return "";
}

void Step::pixelLoss(const Plan& run) {
  const TrainerOptions& o = trainer_.options();
  const Losses weights = times(weights_, o.lossWeight);
  Losses losses(batch_.batch);
  backend_.loss({o.loss, static_cast<float>(o.lossEpsilon), run.output(), batch_.gt.data(),
                 weights.data(), losses.data(), run.outputGradient()});
  join("pixel", o.lossWeight, losses);
}

void Step::perceptualLoss(const Plan& run) {
  const double weight = trainer_.options().perceptualWeight;
  Losses losses;
  const Activation& gradient = trainer_.perceptual()->evaluate(
      run.output(), batch_.gt.data(), times(weights_, weight).data(), losses);
  backend_.add(run.outputGradient(), gradient, 1, run.outputGradient());
  join("perceptual", weight, losses);
}

void Step::ganLoss(const Plan& run) {
  const double weight = trainer_.options().ganWeight;
  // The generator's backward pass needs the place of its result.
  sr_ = trainer_.scratch(Trainer::Scratch::sr, run.output().shape);
  backend_.scale(run.output(), 1, sr_);
  const Losses weights = times(weights_, weight);
  const GanBatch batch{backend_, trainer_.options().gan, weights};
  Activation real, work;
  if (batch.type == GanType::relativistic) {
    const Plan& judged = pass(kJudging, nullptr);
    real = trainer_.scratch(Trainer::Scratch::real, judged.output().shape);
    work = trainer_.scratch(Trainer::Scratch::work, judged.output().shape);
    backend_.scale(judged.output(), 1, real);
  }
  Plan& judged = pass(kJudging, &sr_);
  join("gan", weight, generatorLoss(batch, judged.output(), real, work, judged.outputGradient()));
  judged.backward();
  backend_.add(run.outputGradient(), judged.inputGradient(), 1, run.outputGradient());
}

void Step::join(const char* name, double weight, const Losses& losses) {
  for (int i = 0; i < batch_.batch; i++) outcome_.losses[i] += weight * losses[i];
  outcome_.parts[name] = losses;
}

// An activation may turn a NaN into a number, so the losses alone do not tell.
std::string Step::findNonFinite() const {
  const size_t pixels = static_cast<size_t>(batch_.lqHeight) * batch_.lqWidth;
  if (!allFinite(batch_.lq.data(), 3 * batch_.batch * pixels)) return "lq";
  for (const char* name : kParts) {
    const auto part = outcome_.parts.find(name);
    if (part == outcome_.parts.end()) continue;
    for (int i = 0; i < batch_.batch; i++) {
      const std::string which = outcome_.parts.size() > 1 ? std::string(name) + " loss" : "loss";
      if (!std::isfinite(part->second[i])) return which + " of sample " + std::to_string(i);
    }
  }
  return "";
}

// A forward pass of the discriminator over sr, or over gt, not sharpened if the batch has it so.
Plan& Step::pass(const PlanOptions& options, const Activation* sr) {
  const Shape shape{batch_.batch, 3, batch_.gtHeight, batch_.gtWidth};
  Plan& run = discriminator()->plan(shape, options, StateBlock::weights);
  if (sr) {
    backend_.scale(*sr, 1, run.input());
  } else {
    // Sharpened targets would teach the generator to make halos.
    const FloatArray& real = batch_.plainGt.size() > 0 ? batch_.plainGt : batch_.gt;
    backend_.fromPlanar(real.data(), run.input());
  }
  run.forward();
  return run;
}

double Step::meanOfLogits(const Activation* sr) {
  return backend_.mean(pass(kTraining, sr).output());
}

// The gradient of the discriminator's objective. Relativistic losses take it from three passes, as
// ESRGAN does: sr for its mean, gt, sr.
void Step::learn() {
  const bool relativistic = trainer_.options().gan == GanType::relativistic;
  const double fakeMean = relativistic ? meanOfLogits(&sr_) : 0;
  double realMean = 0;
  for (const bool real : {true, false}) {
    Plan& run = pass(kTraining, real ? nullptr : &sr_);
    if (real && relativistic) realMean = backend_.mean(run.output());
    const GanBatch batch{backend_, trainer_.options().gan, ones_};
    outcome_.parts[real ? "real" : "fake"] = discriminatorLoss(
        batch, run.output(), real, real ? fakeMean : realMean, run.outputGradient());
    run.backward();
    discriminator()->finishGradient();
    if (real) discriminator()->keepGradient();
  }
  discriminator()->addKeptGradient();
}

}  // namespace

StepOutcome trainingStep(Trainer& trainer, const BatchData& batch, const StepOptions& options) {
  return Step(trainer, batch, options).run();
}

}  // namespace evensr
