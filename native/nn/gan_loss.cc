#include "nn/gan_loss.h"

namespace evensr {
namespace {

GanFormula formulaOf(GanType type) {
  return type == GanType::leastSquares ? GanFormula::leastSquares : GanFormula::crossEntropy;
}

// Losses of logits less `offset` against a target; their gradient takes the offset for a constant.
std::vector<double> against(const GanBatch& batch, const Activation& logits, bool real,
                            double offset, const Activation& gradient) {
  std::vector<double> losses(logits.shape.n);
  batch.backend.ganLoss({formulaOf(batch.type), real, logits, offset, batch.sampleWeights.data(),
                         losses.data(), gradient});
  return losses;
}

// x = factor x + shift
void scaleAndShift(NetworkBackend& backend, const Activation& x, double factor, double shift) {
  backend.affine(x, &factor, &shift, x);
}

}  // namespace

std::vector<double> generatorLoss(const GanBatch& batch, const Activation& fake,
                                  const Activation& real, const Activation& work,
                                  const Activation& gradient) {
  if (batch.type != GanType::relativistic) return against(batch, fake, true, 0, gradient);
  NetworkBackend& backend = batch.backend;
  std::vector<double> losses = against(batch, fake, true, backend.mean(real), gradient);
  const auto realSide = against(batch, real, false, backend.mean(fake), work);
  // Every fake logit moves the mean that is taken off the real ones by its share.
  scaleAndShift(backend, gradient, 0.5, -0.5 * backend.mean(work));
  for (size_t n = 0; n < losses.size(); n++) losses[n] = (losses[n] + realSide[n]) / 2;
  return losses;
}

std::vector<double> discriminatorLoss(const GanBatch& batch, const Activation& logits, bool real,
                                      double otherMean, const Activation& gradient) {
  if (batch.type != GanType::relativistic) return against(batch, logits, real, 0, gradient);
  std::vector<double> losses = against(batch, logits, real, otherMean, gradient);
  scaleAndShift(batch.backend, gradient, 0.5, 0);
  for (double& loss : losses) loss /= 2;
  return losses;
}

}  // namespace evensr
