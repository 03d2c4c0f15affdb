#include "nn/adversary.h"

namespace evensr {
namespace {

using Losses = std::vector<double>;
using Scratch = Trainer::Scratch;

void append(Losses& all, const Losses& more) { all.insert(all.end(), more.begin(), more.end()); }

}  // namespace

Adversary::Adversary(Trainer& generator, Trainer& discriminator,
                     const std::vector<BatchPart>& parts, const Losses& sampleWeights)
    : generator_(generator),
      discriminator_(discriminator),
      backend_(generator.backend()),
      parts_(parts),
      sampleWeights_(sampleWeights),
      type_(generator.options().gan) {
  generator.lendWorkspace(discriminator);
}

Activation Adversary::sr(const BatchPart& part) {
  return generator_.scratch(Scratch::sr, part.index, part.gtShape());
}

void Adversary::keep(const BatchPart& part, const Activation& result) {
  backend_.scale(result, 1, sr(part));
}

// With them the mean over the part's samples is the part's share of the mean over B.
Losses Adversary::weightsOf(const BatchPart& part) const {
  const double factor = generator_.options().ganWeight / parts_.size();
  Losses weights;
  for (int i = 0; i < part.size; i++) weights.push_back(factor * sampleWeights_[part.first + i]);
  return weights;
}

// A forward pass over a part's gt, or over its sr. The first part begins a pass of the whole batch,
// unless it is `again` one that has been.
Plan& Adversary::pass(const BatchPart& part, const PlanOptions& options, bool real, bool again) {
  const Pass which = part.index == 0 && !again ? Pass::next : Pass::same;
  Plan& run = discriminator_.plan(part.gtShape(), options, StateBlock::weights, which);
  if (real) {
    backend_.fromPlanar(part.gt(generator_.options().ganGtUsm), run.input());
  } else {
    backend_.scale(sr(part), 1, run.input());
  }
  run.forward();
  return run;
}

void Adversary::relate() {
  const double share = 1.0 / parts_.size();
  std::vector<Activation> real;
  for (const BatchPart& part : parts_) {
    const Activation& logits = pass(part, kJudgingPass, true).output();
    real.push_back(generator_.scratch(Scratch::real, part.index, logits.shape));
    backend_.scale(logits, 1, real.back());
    relation_.realMean += share * backend_.mean(logits);
  }
  for (const BatchPart& part : parts_) {
    judged_ = &pass(part, kJudgingPass, false);
    inPlan_ = part.index;
    relation_.fakeMean += share * backend_.mean(judged_->output());
  }
  const Activation work = generator_.scratch(Scratch::work, 0, real.front().shape);
  for (const BatchPart& part : parts_) {
    const Losses weights = weightsOf(part);
    realSides_.push_back(
        generatorRealSide(weighted(weights), real[part.index], relation_.fakeMean, work));
    relation_.pull += share * backend_.mean(work);
  }
}

Losses Adversary::judge(const BatchPart& part, const Activation& gradient) {
  if (inPlan_ != part.index) {
    judged_ = &pass(part, kJudgingPass, false, isRelativistic());
    inPlan_ = part.index;
  }
  const Losses weights = weightsOf(part);
  Losses losses = timedLoss([&] {
    return generatorLoss(weighted(weights), judged_->output(), relation_,
                         judged_->outputGradient());
  });
  if (isRelativistic()) {
    const Losses& other = realSides_[part.index];
    for (int i = 0; i < part.size; i++) losses[i] += other[i];
  }
  judged_->backward();
  backend_.add(gradient, judged_->inputGradient(), 1, gradient);
  return losses;
}

// Relativistic losses take it from three passes, as ESRGAN does: sr for its mean, gt, sr.
void Adversary::learn(Losses& real, Losses& fake) {
  double fakeMean = 0, realMean = 0, unused = 0;
  if (isRelativistic()) {
    for (const BatchPart& part : parts_)
      fakeMean += backend_.mean(pass(part, kTrainingPass, false).output()) / parts_.size();
  }
  learnFrom(true, fakeMean, real, realMean);
  learnFrom(false, realMean, fake, unused);
}

// One term of the discriminator's objective, and the mean of its logits.
void Adversary::learnFrom(bool real, double otherMean, Losses& losses, double& mean) {
  const int count = static_cast<int>(parts_.size());
  const Losses weights(parts_.front().size, 1.0 / count);
  for (const BatchPart& part : parts_) {
    Plan& run = pass(part, kTrainingPass, real);
    if (isRelativistic()) mean += backend_.mean(run.output()) / count;
    append(losses, timedLoss([&] {
             return discriminatorLoss(weighted(weights), run.output(), real, otherMean,
                                      run.outputGradient());
           }));
    run.backward();
    discriminator_.finishGradient();
    discriminator_.sumGradients(part.index + (real ? 0 : count), 2 * count);
  }
}

}  // namespace evensr
