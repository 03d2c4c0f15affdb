// What a discriminator does in a step of its generator: it judges sr, and learns from gt and sr.
#pragma once

#include <vector>

#include "nn/batch_part.h"
#include "nn/gan_loss.h"
#include "nn/trainer.h"

namespace evensr {

// Judging, its look at gt and each of its own terms are one pass each, whatever the number of
// parts: u and v of its spectral norms are the same for all samples of a pass.
class Adversary {
 public:
  // `sampleWeights` (B): factors of the generator's losses. All arguments must live longer.
  Adversary(Trainer& generator, Trainer& discriminator, const std::vector<BatchPart>& parts,
            const std::vector<double>& sampleWeights);

  bool isRelativistic() const { return type_ == GanType::relativistic; }
  // Keeps sr of a part, which the generator's backward pass may overwrite.
  void keep(const BatchPart& part, const Activation& sr);
  // Of relativistic losses, which compare every sample with the mean of all others: when all parts
  // are kept, before the first is judged.
  void relate();
  // The generator's losses of the part's samples, in the parts' order; adds the gradient of the
  // objective, mean over B of sampleWeight x ganWeight x loss, to `gradient`.
  std::vector<double> judge(const BatchPart& part, const Activation& gradient);
  // The gradient of the discriminator's objective, and its losses (B) of gt and of sr.
  void learn(std::vector<double>& real, std::vector<double>& fake);

 private:
  template <class Compute>
  std::vector<double> timedLoss(const Compute& compute) {
    const Stopwatch watch(generator_.profile(), "loss");
    return compute();
  }
  Activation sr(const BatchPart& part);
  GanBatch weighted(const std::vector<double>& weights) { return {backend_, type_, weights}; }
  std::vector<double> weightsOf(const BatchPart& part) const;
  Plan& pass(const BatchPart& part, const PlanOptions& options, bool real, bool again = false);
  void learnFrom(bool real, double otherMean, std::vector<double>& losses, double& mean);

  Trainer &generator_, &discriminator_;
  NetworkBackend& backend_;
  const std::vector<BatchPart>& parts_;
  const std::vector<double>& sampleWeights_;
  const GanType type_;
  Relation relation_;
  std::vector<std::vector<double>> realSides_;  // by part
  Plan* judged_ = nullptr;                      // with the logits of part `inPlan_`'s sr
  int inPlan_ = -1;
};

}  // namespace evensr
