#include "sides.h"

#include <algorithm>
#include <cmath>

namespace evensr::driver {
namespace {

void requireClose(const Results& expected, const Results& received, double tolerance) {
  if (expected.size() != received.size()) throw Failed() << "another number of results";
  for (size_t list = 0; list < expected.size(); list++) {
    const auto &a = expected[list], &b = received[list];
    if (a.size() != b.size()) throw Failed() << "another length of result " << list;
    double largest = 0;
    for (const double value : a) largest = std::max(largest, std::fabs(value));
    for (size_t i = 0; i < a.size(); i++) {
      // written so that NaN fails
      if (std::fabs(a[i] - b[i]) <= tolerance * largest) continue;
      throw Failed() << "result " << list << ", value " << i << " of " << a.size() << " is " << b[i]
                     << ", expected " << a[i] << " (largest " << largest << ")";
    }
  }
}

// A multiple of 1/128: bfloat16 has all of them up to 1.
float coarse(double value) { return static_cast<float>(std::floor(value * 128) / 128); }

Results resultsOf(NetworkBackend& backend, unsigned seed,
                  const std::function<Results(Side&)>& act) {
  backend.makeCurrent();
  Side side(backend, seed);
  return act(side);
}

}  // namespace

float* Side::allocate(size_t floats) {
  memory_.push_back(backend.allocate(floats * sizeof(float)));
  return static_cast<float*>(memory_.back()->data());
}

Activation Side::image(const Shape& shape) {
  std::vector<float> values(shape.elements());
  for (float& value : values) value = coarse(dice.between(-1, 1));
  const Activation x{shape, allocate(backend.activationBytes(shape) / sizeof(float)), 0};
  backend.fromPlanar(values.data(), x);
  return x;
}

Activation Side::slice(const Shape& shape, int first, int whole) {
  const Activation all = image({shape.n, whole, shape.h, shape.w});
  const Activation part{shape, static_cast<char*>(all.data) + backend.channelOffset(first), whole};
  slices_.push_back({part.data, all});
  return part;
}

float* Side::block(size_t count, double low, double high) {
  std::vector<float> values(count);
  for (float& value : values) value = coarse(dice.between(low, high));
  float* data = allocate(count);
  backend.upload(values.data(), data, count);
  return data;
}

std::vector<double> Side::read(const Activation& x) {
  const auto found = std::find_if(slices_.begin(), slices_.end(),
                                  [&](const Slice& slice) { return slice.data == x.data; });
  const Activation whole = x.isSlice() && found != slices_.end() ? found->whole : x;
  std::vector<float> values(whole.shape.elements());
  backend.toPlanar(whole, values.data());
  return {values.begin(), values.end()};
}

std::vector<double> Side::read(const float* block, size_t count) {
  std::vector<float> values(count);
  backend.download(block, values.data(), count);
  return {values.begin(), values.end()};
}

void compareSides(Context& context, Precision precision, double tolerance,
                  const std::function<Results(Side&)>& act) {
  const auto cpu = createCpuNetworkBackend(1, Precision::float32);
  const auto device = context.api.networkBackend(context.device, precision);
  const Results expected = resultsOf(*cpu, context.seed, act);
  requireClose(expected, resultsOf(*device, context.seed, act), tolerance);
}

void compareRuns(Context& context, Precision precision, const std::function<Results(Side&)>& act) {
  const auto device = context.api.networkBackend(context.device, precision);
  const Results first = resultsOf(*device, context.seed, act);
  requireClose(first, resultsOf(*device, context.seed, act), 0);
}

}  // namespace evensr::driver
