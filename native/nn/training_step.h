// One optimizer step of a network, or of a generator and its discriminator.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "batch.h"
#include "nn/trainer.h"

namespace evensr {

struct StepOptions {
  double learningRate = 0;
  // (B), or empty for all 1: factors of the samples' losses in the objective, which is the mean
  // over B of weight x loss. The discriminator's own losses are never weighted.
  std::vector<double> sampleWeights;
  // (B, K): the truth that a network's estimate is compared with; empty for one without.
  std::vector<float> severities;
  // Equal parts of the batch that are computed one after the other, their gradients added up:
  // what one part takes of memory instead of all samples at once, and the same result but for
  // rounding.
  int accumulate = 1;
  // Computes the losses of the batch once more, after the update.
  bool lossesAfter = false;
  // Takes part where the trainer's options weight an adversarial loss.
  Trainer* discriminator = nullptr;
  double discriminatorLearningRate = 0;
};

struct StepOutcome {
  std::vector<double> losses;  // (B): of the objective, without the estimate's
  // (B): the same after the update, without an adversarial part; empty unless asked for and
  // updated.
  std::vector<double> lossesAfter;
  // (B) each, not multiplied by their weights: pixel, perceptual, estimate, gan, and the
  // discriminator's real and fake. Only those that the objective has.
  std::map<std::string, std::vector<double>> parts;
  double gradientNorm = 0, discriminatorGradientNorm = 0;  // before clipping
  std::string nonFinite;  // what was not finite; the step was then skipped. Empty: nothing
  double milliseconds = 0;
};

// Forward, losses, backward, Adam and moving average. With a discriminator as Real-ESRGAN does it:
// its judgement of sr joins the generator's objective; then, for the same sr, it learns from gt
// (plainGt, if the batch has it, unless the options say otherwise) and sr in passes of their own,
// whose gradients are added. All three passes move its spectral norms on. Both updates happen, or
// none: when a value is not finite, or an error is thrown, no bit of either state changes; the
// outcome names the value. Throws E_SHAPE, E_NETWORK, E_MEMORY.
StepOutcome trainingStep(Trainer& trainer, const BatchData& batch, const StepOptions& options);

}  // namespace evensr
