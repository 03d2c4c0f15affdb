// Losses: the value of each sample and the gradient in one pass.
#include "nn/cuda_network.h"
#include "nn/sums.cuh"

namespace evensr::cuda {
namespace {

// d = x - target, and what both are of one element of a sample, i in NHWC order.
template <LossType type>
__device__ __forceinline__ float lossOf(float d, float epsilon) {
  if (type == LossType::l1) return l1Loss(d);
  return type == LossType::l2 ? l2Loss(d) : charbonnierLoss(d, epsilon);
}

template <LossType type>
__device__ __forceinline__ float gradientOf(float d, float epsilon) {
  if (type == LossType::l1) return l1Gradient(d);
  return type == LossType::l2 ? l2Gradient(d) : charbonnierGradient(d, epsilon);
}

struct NhwcTarget {
  const float* data;
  size_t elements;  // of a sample
  __device__ float operator()(int sample, size_t i) const { return data[sample * elements + i]; }
};

struct PlanarTarget {
  const float* data;
  unsigned plane, channels;
  __device__ float operator()(int sample, size_t i) const {
    const auto element = static_cast<unsigned>(i);
    const unsigned pixel = element / channels, c = element % channels;
    return data[(static_cast<size_t>(sample) * channels + c) * plane + pixel];
  }
};

template <LossType type, class Target>
struct LossTerms {
  const float* x;
  Target target;
  float* gradient;      // or null
  const float* scales;  // (B), of the gradient
  size_t elements;      // of a sample
  float epsilon;
  __device__ double operator()(int sample, size_t i) const {
    const size_t at = sample * elements + i;
    const float d = x[at] - target(sample, i);
    if (gradient) gradient[at] = scales[sample] * gradientOf<type>(d, epsilon);
    return lossOf<type>(d, epsilon);
  }
};

struct GanTerms {
  GanFormula formula;
  const float* logits;
  float* gradient;
  const double* scales;  // (B)
  size_t elements;       // of a sample
  float offset, target;
  __device__ double operator()(int sample, size_t i) const {
    const size_t at = sample * elements + i;
    const float x = logits[at] - offset;
    const bool entropy = formula == GanFormula::crossEntropy;
    const float slope = entropy ? crossEntropyGradient(x, target) : leastSquaresGradient(x, target);
    gradient[at] = static_cast<float>(scales[sample] * slope);
    return entropy ? crossEntropyLoss(x, target) : leastSquaresLoss(x, target);
  }
};

struct AllTerms {
  const float* x;
  __device__ double operator()(int, size_t i) const { return x[i]; }
};

size_t elementsOf(const Shape& shape) { return shape.c * shape.plane(); }

// What gradients of the mean over the batch are scaled by, sample by sample.
template <class T>
std::vector<T> scalesOf(const Shape& shape, const double* sampleWeight, double factor) {
  std::vector<T> scales(shape.n);
  const auto elements = static_cast<double>(elementsOf(shape));
  for (int n = 0; n < shape.n; n++) {
    scales[n] = static_cast<T>(factor * sampleWeight[n] / (elements * shape.n));
  }
  return scales;
}

struct PixelLoss {
  LossType type;
  float epsilon;
  Activation x, gradient;
  double factor;
  const double* sampleWeight;
};

template <LossType type, class Target>
std::vector<double> sumLosses(Scratch& scratch, const PixelLoss& loss, const Target& target,
                              const float* scales) {
  const Shape& s = loss.x.shape;
  const LossTerms<type, Target> terms{floats(loss.x), target,        floats(loss.gradient),
                                      scales,         elementsOf(s), loss.epsilon};
  return sumRuns(scratch, s.n, elementsOf(s), terms, "the loss kernel");
}

// The mean of each sample.
template <class Target>
std::vector<double> pixelLosses(Scratch& scratch, const PixelLoss& loss, const Target& target) {
  const Shape& s = loss.x.shape;
  const float* scales = loss.gradient.data
                            ? scratch.send(scalesOf<float>(s, loss.sampleWeight, loss.factor))
                            : nullptr;
  std::vector<double> losses =
      loss.type == LossType::l1   ? sumLosses<LossType::l1>(scratch, loss, target, scales)
      : loss.type == LossType::l2 ? sumLosses<LossType::l2>(scratch, loss, target, scales)
                                  : sumLosses<LossType::charbonnier>(scratch, loss, target, scales);
  for (double& value : losses) value /= static_cast<double>(elementsOf(s));
  return losses;
}

}  // namespace

void CudaNetworkBackend::loss(const LossCall& call) {
  const Shape& s = call.sr.shape;
  const PlanarTarget target{scratch_.sendImage(call.gt, s.elements()),
                            static_cast<unsigned>(s.plane()), static_cast<unsigned>(s.c)};
  const std::vector<double> losses = pixelLosses(
      scratch_, {call.type, call.epsilon, call.sr, call.gradient, 1, call.sampleWeight}, target);
  for (int n = 0; n < s.n; n++) call.losses[n] = losses[n];
}

void CudaNetworkBackend::distance(const DistanceCall& call) {
  const Shape& s = call.x.shape;
  const std::vector<double> losses = pixelLosses(
      scratch_, {call.type, call.epsilon, call.x, call.gradient, call.factor, call.sampleWeight},
      NhwcTarget{floats(call.target), elementsOf(s)});
  for (int n = 0; n < s.n; n++) call.losses[n] += call.factor * losses[n];
}

void CudaNetworkBackend::ganLoss(const GanCall& call) {
  const Shape& s = call.logits.shape;
  const GanTerms terms{
      call.formula,           floats(call.logits),
      floats(call.gradient),  scratch_.send(scalesOf<double>(s, call.sampleWeight, 1)),
      elementsOf(s),          static_cast<float>(call.offset),
      call.real ? 1.0f : 0.0f};
  const std::vector<double> sums =
      sumRuns(scratch_, s.n, elementsOf(s), terms, "the adversarial loss kernel");
  for (int n = 0; n < s.n; n++) call.losses[n] = sums[n] / static_cast<double>(elementsOf(s));
}

double CudaNetworkBackend::mean(const Activation& x) {
  const size_t count = x.shape.elements();
  return sumRuns(scratch_, 1, count, AllTerms{floats(x)}, "the kernel of means")[0] /
         static_cast<double>(count);
}

}  // namespace evensr::cuda
