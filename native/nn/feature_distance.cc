#include "nn/feature_distance.h"

#include <algorithm>
#include <utility>

#include "error.h"
#include "math/feature_distance.h"

namespace evensr {
namespace {

// Mean over pixels between two planar feature maps (C, H, W).
double meanDistance(const float* a, const float* b, const Shape& shape) {
  const size_t plane = shape.plane();
  std::vector<double> aa(plane), bb(plane), ab(plane);
  for (int c = 0; c < shape.c; c++, a += plane, b += plane) {
    for (size_t i = 0; i < plane; i++) {
      aa[i] += double{a[i]} * a[i];
      bb[i] += double{b[i]} * b[i];
      ab[i] += double{a[i]} * b[i];
    }
  }
  double sum = 0;
  for (size_t i = 0; i < plane; i++) sum += unitDistance(aa[i], bb[i], ab[i]);
  return sum / static_cast<double>(plane);
}

}  // namespace

FeatureDistance::FeatureDistance(const NetworkSpec& features,
                                 std::unique_ptr<NetworkBackend> backend,
                                 const std::vector<float>& weights)
    : graph_(features), backend_(std::move(backend)), plans_(graph_, *backend_) {
  if (weights.size() != graph_.parameterCount()) {
    throw CodedError("E_SHAPE", "the feature network has " +
                                    std::to_string(graph_.parameterCount()) + " parameters, not " +
                                    std::to_string(weights.size()));
  }
  weights_ = backend_->allocate(weights.size() * sizeof(float));
  backend_->upload(weights.data(), static_cast<float*>(weights_->data()), weights.size());
}

std::vector<double> FeatureDistance::measure(const Shape& shape, const float* a, const float* b) {
  backend_->makeCurrent();
  // Both as one batch, so that equal images have equal features.
  std::vector<float> both(2 * shape.elements());
  std::copy_n(a, shape.elements(), both.begin());
  std::copy_n(b, shape.elements(), both.begin() + static_cast<ptrdiff_t>(shape.elements()));
  const Shape doubled{2 * shape.n, shape.c, shape.h, shape.w};
  Plan& plan = plans_.get(doubled, {}, {static_cast<const float*>(weights_->data()), nullptr, 1});
  backend_->fromPlanar(both.data(), plan.input());
  plan.forward();
  std::vector<double> distances(shape.n);
  for (const Activation& output : plan.outputs()) {
    std::vector<float> features(output.shape.elements());
    backend_->toPlanar(output, features.data());
    const size_t image = output.shape.c * output.shape.plane();
    for (int i = 0; i < shape.n; i++) {
      const float* first = features.data() + i * image;
      distances[i] += meanDistance(first, first + shape.n * image, output.shape);
    }
  }
  return distances;
}

}  // namespace evensr
