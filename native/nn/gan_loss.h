// Adversarial losses of a generator and a discriminator, from the discriminator's logit maps.
#pragma once

#include <vector>

#include "network_backend.h"

namespace evensr {

// relativistic: the average relativistic loss of ESRGAN (Wang et al. 2018, section 3.2; Jolicoeur-
// Martineau 2018), cross entropy of x - mean(logits of the other kind of image, over the whole
// batch).
enum class GanType { vanilla, leastSquares, relativistic };

// What all of them take: objective = mean over B of sampleWeight x loss.
struct GanBatch {
  NetworkBackend& backend;
  GanType type = GanType::vanilla;
  const std::vector<double>& sampleWeights;  // (B)
};

// Of relativistic losses: what the logits of a batch are compared with. Constants, all means over
// the whole batch, which may be more samples than those of one call.
struct Relation {
  double realMean = 0, fakeMean = 0;  // of the logits of gt and of sr
  // Of the gradients that generatorRealSide() leaves: every fake logit moves the mean that is taken
  // off the real ones.
  double pull = 0;
};

// One of the two sides of the generator's relativistic loss, each counts half: its losses (B), and
// in `gradient` that of the objective with respect to the logits of gt, for Relation::pull.
std::vector<double> generatorRealSide(const GanBatch& batch, const Activation& real,
                                      double fakeMean, const Activation& gradient);

// The generator's losses (B), and in `gradient` that of the objective with respect to `fake`. Of
// relativistic losses the other side, with the gradient of both.
std::vector<double> generatorLoss(const GanBatch& batch, const Activation& fake,
                                  const Relation& relation, const Activation& gradient);

// One of the discriminator's two terms: its losses (B) for logits of gt images (`real`) or of the
// generator's. `otherMean`, for relativistic losses: mean of the logits of the other kind, a
// constant; there each term counts half.
std::vector<double> discriminatorLoss(const GanBatch& batch, const Activation& logits, bool real,
                                      double otherMean, const Activation& gradient);

}  // namespace evensr
