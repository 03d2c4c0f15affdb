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

std::vector<double> halved(std::vector<double> losses) {
  for (double& loss : losses) loss /= 2;
  return losses;
}

}  // namespace

std::vector<double> generatorRealSide(const GanBatch& batch, const Activation& real,
                                      double fakeMean, const Activation& gradient) {
  return halved(against(batch, real, false, fakeMean, gradient));
}

std::vector<double> generatorLoss(const GanBatch& batch, const Activation& fake,
                                  const Relation& relation, const Activation& gradient) {
  if (batch.type != GanType::relativistic) return against(batch, fake, true, 0, gradient);
  std::vector<double> losses = halved(against(batch, fake, true, relation.realMean, gradient));
  scaleAndShift(batch.backend, gradient, 0.5, -0.5 * relation.pull);
  return losses;
}

std::vector<double> discriminatorLoss(const GanBatch& batch, const Activation& logits, bool real,
                                      double otherMean, const Activation& gradient) {
  if (batch.type != GanType::relativistic) return against(batch, logits, real, 0, gradient);
  std::vector<double> losses = halved(against(batch, logits, real, otherMean, gradient));
  scaleAndShift(batch.backend, gradient, 0.5, 0);
  return losses;
}

}  // namespace evensr
