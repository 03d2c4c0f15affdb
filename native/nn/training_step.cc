#include "nn/training_step.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "error.h"
#include "nn/adversary.h"
#include "nn/batch_part.h"
#include "nn/score.h"

namespace evensr {
namespace {

using Losses = std::vector<double>;

// The losses in the order in which they are computed, and found not to be finite.
constexpr const char* kParts[] = {"pixel", "perceptual", "estimate", "gan", "real", "fake"};

Losses checkedWeights(const StepOptions& options, int batch) {
  if (options.sampleWeights.empty()) return Losses(batch, 1);
  if (options.sampleWeights.size() == static_cast<size_t>(batch)) return options.sampleWeights;
  throw CodedError("E_SHAPE", std::to_string(options.sampleWeights.size()) +
                                  " sample weights for a batch of " + std::to_string(batch));
}

// Throws E_SHAPE unless the truth is there for every number of the network's estimate.
void expectSeverities(const Graph& graph, const BatchData& batch, const StepOptions& options) {
  size_t wanted = 0;
  if (graph.hasEstimate()) {
    const Shape lq{batch.batch, graph.inputChannels(), batch.lqHeight, batch.lqWidth};
    wanted = graph.shapes(lq)[graph.outputTensors()[0]].elements();
  }
  if (options.severities.size() == wanted) return;
  throw CodedError("E_SHAPE", "a step of this network takes " + std::to_string(wanted) +
                                  " severities, not " + std::to_string(options.severities.size()));
}

std::vector<BatchPart> partsOf(const BatchData& batch, int count) {
  if (batch.batch % count != 0) throw unequalParts(batch.batch, count);
  std::vector<BatchPart> parts;
  for (int index = 0; index < count; index++) parts.emplace_back(batch, index, count);
  return parts;
}

class Step {
 public:
  Step(Trainer& trainer, const BatchData& batch, const StepOptions& options)
      : trainer_(trainer),
        backend_(trainer.backend()),
        batch_(batch),
        options_(options),
        parts_(partsOf(batch, options.accumulate)),
        weights_(checkedWeights(options, batch.batch)) {
    expectSeverities(trainer.graph(), batch, options);
    if (discriminator()) adversary_.emplace(trainer, *discriminator(), parts_, weights_);
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
  void forward(const BatchPart& part);
  void relate();
  Losses lossesAfter();
  void backward(const BatchPart& part);
  void pixelLoss(const BatchPart& part);
  void perceptualLoss(const BatchPart& part);
  void estimateLoss(const BatchPart& part);
  Losses weightsOf(const BatchPart& part, double factor) const;
  void join(const BatchPart& part, const char* name, double weight, const Losses& losses);
  std::string findNonFinite() const;

  Trainer& trainer_;
  NetworkBackend& backend_;
  const BatchData& batch_;
  const StepOptions& options_;
  const std::vector<BatchPart> parts_;
  const Losses weights_;
  std::optional<Adversary> adversary_;
  StepOutcome outcome_;
  Plan* plan_ = nullptr;  // of the generator, with the results of part `inPlan_`
  int inPlan_ = -1;
};

StepOutcome Step::run() {
  const auto start = std::chrono::steady_clock::now();
  const Stopwatch watch(trainer_.profile(), "whole");
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
  if (adversary_ && adversary_->isRelativistic()) relate();
  for (const BatchPart& part : parts_) backward(part);
  std::string found = findNonFinite();
  if (!found.empty()) return found;
  found = trainer_.checkUpdate(options_.learningRate, outcome_.gradientNorm);
  if (!found.empty()) return found;
  if (adversary_) {
    adversary_->learn(outcome_.parts["real"], outcome_.parts["fake"]);
    found = findNonFinite();
    if (!found.empty()) return "discriminator: " + found;
    found = discriminator()->checkUpdate(options_.discriminatorLearningRate,
                                         outcome_.discriminatorGradientNorm);
    if (!found.empty()) return "discriminator: " + found;
    discriminator()->update(options_.discriminatorLearningRate);
  }
  trainer_.update(options_.learningRate);
  if (options_.lossesAfter) outcome_.lossesAfter = lossesAfter();
  return "";
}

// Computed as those of the step are, but with the weights that it left; nothing else is changed.
Losses Step::lossesAfter() {
  const std::vector<float> buffers = trainer_.getBuffers();
  StepOutcome before = std::exchange(outcome_, {});
  outcome_.losses.assign(batch_.batch, 0);
  inPlan_ = -1;
  for (const BatchPart& part : parts_) {
    forward(part);
    pixelLoss(part);
    if (trainer_.perceptual()) perceptualLoss(part);
  }
  trainer_.setBuffers(buffers);
  return std::exchange(outcome_, std::move(before)).losses;
}

// The generator's results of a part, unless they are there; one pass for all parts.
void Step::forward(const BatchPart& part) {
  if (inPlan_ == part.index) return;
  plan_ = &trainer_.planFor(part, kTrainingPass, StateBlock::weights,
                            inPlan_ < 0 ? Pass::next : Pass::same);
  plan_->forward();
  inPlan_ = part.index;
  if (adversary_) adversary_->keep(part, plan_->output());
}

void Step::relate() {
  for (const BatchPart& part : parts_) forward(part);
  adversary_->relate();
}

// A part's losses, and its share of the gradient.
void Step::backward(const BatchPart& part) {
  forward(part);
  pixelLoss(part);
  if (trainer_.graph().hasEstimate()) estimateLoss(part);
  // First of those that share a workspace: of relativistic losses its pass has been.
  if (adversary_) {
    join(part, "gan", trainer_.options().ganWeight,
         adversary_->judge(part, plan_->outputGradient()));
  }
  if (trainer_.perceptual()) perceptualLoss(part);
  plan_->backward();
  trainer_.finishGradient();
  trainer_.sumGradients(part.index, static_cast<int>(parts_.size()));
}

// With them the mean over the part's samples is the part's share of the mean over B.
Losses Step::weightsOf(const BatchPart& part, double factor) const {
  Losses weights;
  for (int i = 0; i < part.size; i++)
    weights.push_back(factor / parts_.size() * weights_[part.first + i]);
  return weights;
}

void Step::pixelLoss(const BatchPart& part) {
  const TrainerOptions& o = trainer_.options();
  const Losses weights = weightsOf(part, o.lossWeight);
  Losses losses(part.size);
  const Stopwatch watch(trainer_.profile(), "loss");
  backend_.loss({o.loss, static_cast<float>(o.lossEpsilon), plan_->output(), part.gt(o.lossGtUsm),
                 weights.data(), losses.data(), plan_->outputGradient()});
  join(part, "pixel", o.lossWeight, losses);
}

void Step::perceptualLoss(const BatchPart& part) {
  const TrainerOptions& o = trainer_.options();
  Losses losses;
  const Activation& gradient =
      trainer_.perceptual()->evaluate(plan_->output(), part.gt(o.perceptualGtUsm),
                                      weightsOf(part, o.perceptualWeight).data(), losses);
  backend_.add(plan_->outputGradient(), gradient, 1, plan_->outputGradient());
  join(part, "perceptual", o.perceptualWeight, losses);
}

// The estimate is the network's first result.
void Step::estimateLoss(const BatchPart& part) {
  const Activation &estimate = plan_->outputs()[0], &gradient = plan_->outputGradients()[0];
  const Activation truth = trainer_.scratch(Trainer::Scratch::severities, 0, estimate.shape);
  const double weight = trainer_.options().estimateWeight;
  const Losses weights = weightsOf(part, weight);
  Losses losses(part.size, 0);
  const Stopwatch watch(trainer_.profile(), "loss");
  backend_.fromPlanar(&options_.severities[static_cast<size_t>(part.first) * estimate.shape.c],
                      truth);
  backend_.distance({LossType::l2, 0, estimate, truth, 1, weights.data(), losses.data(), gradient});
  // What a sample's loss says of the picture stays comparable with networks that estimate nothing.
  join(part, "estimate", 0, losses);
}

void Step::join(const BatchPart& part, const char* name, double weight, const Losses& losses) {
  Losses& all = outcome_.parts[name];
  all.insert(all.end(), losses.begin(), losses.end());
  for (int i = 0; i < part.size; i++) outcome_.losses[part.first + i] += weight * losses[i];
}

// An activation may turn a NaN into a number, so the losses alone do not tell.
std::string Step::findNonFinite() const {
  if (!allFinite(batch_.lq.data(), batch_.lq.size())) return "lq";
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

}  // namespace

StepOutcome trainingStep(Trainer& trainer, const BatchData& batch, const StepOptions& options) {
  return Step(trainer, batch, options).run();
}

}  // namespace evensr
