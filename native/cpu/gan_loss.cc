// Losses of logit maps: small beside a discriminator, so samples are all there is to share out.
#include "math/gan_loss.h"

#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

struct Term {
  float value, gradient;
};

Term termOf(GanFormula formula, float x, float target) {
  if (formula == GanFormula::crossEntropy) {
    return {crossEntropyLoss(x, target), crossEntropyGradient(x, target)};
  }
  return {leastSquaresLoss(x, target), leastSquaresGradient(x, target)};
}

}  // namespace

void CpuNetworkBackend::ganLoss(const GanCall& call) {
  const Shape& s = call.logits.shape;
  const size_t elements = s.elements() / s.n;
  const float offset = static_cast<float>(call.offset), target = call.real ? 1 : 0;
  parallelRange(s.n, [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; n++) {
      const float* logits = floats(call.logits) + n * elements;
      const double scale = call.sampleWeight[n] / (static_cast<double>(elements) * s.n);
      double sum = 0;
      for (size_t i = 0; i < elements; i++) {
        const Term term = termOf(call.formula, logits[i] - offset, target);
        sum += term.value;
        floats(call.gradient)[n * elements + i] = static_cast<float>(scale * term.gradient);
      }
      call.losses[n] = sum / static_cast<double>(elements);
    }
  });
}

double CpuNetworkBackend::mean(const Activation& x) {
  const size_t count = x.shape.elements();
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += floats(x)[i];
  return sum / static_cast<double>(count);
}

}  // namespace evensr
