// Losses: the value of each sample and the gradient in one pass.
#include "nn/cuda_network.h"
#include "nn/elements.cuh"
#include "nn/sums.cuh"

namespace evensr::cuda {
namespace {

struct PixelLoss {
  LossType type;
  float epsilon;
  __device__ float value(float d) const {
    return type == LossType::l1   ? l1Loss(d)
           : type == LossType::l2 ? l2Loss(d)
                                  : charbonnierLoss(d, epsilon);
  }
  __device__ float gradient(float d) const {
    return type == LossType::l1   ? l1Gradient(d)
           : type == LossType::l2 ? l2Gradient(d)
                                  : charbonnierGradient(d, epsilon);
  }
};

// Elements of one sample, in NHWC order.
struct SampleSize {
  unsigned plane, channels;
  __device__ size_t count(int) const { return static_cast<size_t>(plane) * channels; }
};

SampleSize sampleSize(const Shape& shape) {
  return {static_cast<unsigned>(shape.plane()), static_cast<unsigned>(shape.c)};
}

struct LossTerms : SampleSize {
  PixelLoss loss;
  const float* sr;
  const float* gt;      // planar
  float* gradient;      // or null
  const float* scales;  // (B)
  __device__ double operator()(int sample, size_t i) const {
    const size_t pixel = i / channels, c = i % channels, first = sample * count(0);
    const float d = sr[first + i] - gt[first + c * plane + pixel];
    if (gradient) gradient[first + i] = scales[sample] * loss.gradient(d);
    return loss.value(d);
  }
};

struct DistanceTerms : SampleSize {
  PixelLoss loss;
  const float *x, *target;
  float* gradient;
  const float* scales;
  __device__ double operator()(int sample, size_t i) const {
    const size_t at = sample * count(0) + i;
    const float d = x[at] - target[at];
    if (gradient) gradient[at] = scales[sample] * loss.gradient(d);
    return loss.value(d);
  }
};

struct GanTerms : SampleSize {
  GanFormula formula;
  const float* logits;
  float* gradient;
  const double* scales;  // (B)
  float offset, target;
  __device__ double operator()(int sample, size_t i) const {
    const size_t at = sample * count(0) + i;
    const float x = logits[at] - offset;
    const bool entropy = formula == GanFormula::crossEntropy;
    const float slope = entropy ? crossEntropyGradient(x, target) : leastSquaresGradient(x, target);
    gradient[at] = static_cast<float>(scales[sample] * slope);
    return entropy ? crossEntropyLoss(x, target) : leastSquaresLoss(x, target);
  }
};

struct AllTerms {
  const float* x;
  size_t elements;
  __device__ size_t count(int) const { return elements; }
  __device__ double operator()(int, size_t i) const { return x[i]; }
};

// What gradients of the mean over the batch are scaled by, sample by sample.
std::vector<double> scalesOf(const Shape& shape, const double* sampleWeight, double factor) {
  std::vector<double> scales(shape.n);
  const double elements = static_cast<double>(shape.elements()) / shape.n;
  for (int n = 0; n < shape.n; n++) scales[n] = factor * sampleWeight[n] / (elements * shape.n);
  return scales;
}

std::vector<float> inFloats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

void CudaNetworkBackend::loss(const LossCall& call) {
  const Shape& s = call.sr.shape;
  const float* gt = scratch_.sendImages(call.gt, s.elements());
  const std::vector<float> scales = inFloats(scalesOf(s, call.sampleWeight, 1));
  const LossTerms terms{sampleSize(s),         {call.type, call.epsilon},
                        floats(call.sr),       gt,
                        floats(call.gradient), scratch_.send(scales.data(), scales.size())};
  const std::vector<double> sums = sumRuns(scratch_, s.n, terms, "the loss kernel");
  const double elements = static_cast<double>(s.elements()) / s.n;
  for (int n = 0; n < s.n; n++) call.losses[n] = sums[n] / elements;
}

void CudaNetworkBackend::distance(const DistanceCall& call) {
  const Shape& s = call.x.shape;
  const std::vector<float> scales = inFloats(scalesOf(s, call.sampleWeight, call.factor));
  const DistanceTerms terms{sampleSize(s),         {call.type, call.epsilon},
                            floats(call.x),        floats(call.target),
                            floats(call.gradient), scratch_.send(scales.data(), scales.size())};
  const std::vector<double> sums = sumRuns(scratch_, s.n, terms, "the distance kernel");
  const double elements = static_cast<double>(s.elements()) / s.n;
  for (int n = 0; n < s.n; n++) call.losses[n] += call.factor * (sums[n] / elements);
}

void CudaNetworkBackend::ganLoss(const GanCall& call) {
  const Shape& s = call.logits.shape;
  const std::vector<double> scales = scalesOf(s, call.sampleWeight, 1);
  const GanTerms terms{sampleSize(s),
                       call.formula,
                       floats(call.logits),
                       floats(call.gradient),
                       scratch_.send(scales.data(), scales.size()),
                       static_cast<float>(call.offset),
                       call.real ? 1.0f : 0.0f};
  const std::vector<double> sums = sumRuns(scratch_, s.n, terms, "the adversarial loss kernel");
  const double elements = static_cast<double>(s.elements()) / s.n;
  for (int n = 0; n < s.n; n++) call.losses[n] = sums[n] / elements;
}

double CudaNetworkBackend::mean(const Activation& x) {
  const size_t count = x.shape.elements();
  return sumRuns(scratch_, 1, AllTerms{floats(x), count}, "the kernel of means")[0] /
         static_cast<double>(count);
}

}  // namespace evensr::cuda
