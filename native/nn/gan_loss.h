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

// The generator's losses (B), and in `gradient` that of the objective with respect to `fake`. Of
// relativistic losses also the logits of the gt images, as constants, and memory of the same shape
// to work in; both may be without data for others. There the loss is the mean of the two sides.
std::vector<double> generatorLoss(const GanBatch& batch, const Activation& fake,
                                  const Activation& real, const Activation& work,
                                  const Activation& gradient);

// One of the discriminator's two terms: its losses (B) for logits of gt images (`real`) or of the
// generator's. `otherMean`, for relativistic losses: mean of the logits of the other kind, a
// constant; there each term counts half.
std::vector<double> discriminatorLoss(const GanBatch& batch, const Activation& logits, bool real,
                                      double otherMean, const Activation& gradient);

}  // namespace evensr
