// Convolutions against the CPU's in float32; all factors are ones that bfloat16 can hold, so that
// bfloat16 differs in the order of its sums only, too.
#include "sides.h"

namespace evensr::driver {
namespace {

enum class Addend { none, another, theResult };

struct Case {
  ConvolutionConfig config;
  Addend addend = Addend::none;
  bool slices = false, unactivated = false;
  int offset = 0;  // of slices, in channels
};

Shape outputOf(const Case& c) { return c.config.output(); }

Activation imageOrSlice(Side& side, const Case& c, const Shape& shape) {
  if (!c.slices) return side.image(shape);
  return side.slice(shape, c.offset, shape.c + c.offset + 3);
}

ConvolutionWeights weightsOf(Side& side, const Case& c) {
  const ConvolutionConfig& config = c.config;
  const size_t fan = static_cast<size_t>(config.input.c) * config.kernel * config.kernel;
  ConvolutionWeights weights;
  weights.weight = side.block(fan * config.outChannels);
  if (config.bias) weights.bias = side.block(config.outChannels);
  if (config.prelu) weights.slopes = side.block(config.outChannels, -0.5, 1);
  return weights;
}

Results forward(Side& side, const Case& c) {
  const auto convolution = side.backend.convolution(c.config);
  convolution->setWeights(weightsOf(side, c));
  const Activation x = imageOrSlice(side, c, c.config.input);
  ConvolutionResult y;
  y.activated = imageOrSlice(side, c, outputOf(c));
  if (c.unactivated) y.unactivated = side.image(outputOf(c));
  Activation addend{outputOf(c), nullptr, 0};
  if (c.addend == Addend::another) addend = imageOrSlice(side, c, outputOf(c));
  if (c.addend == Addend::theResult) addend = y.activated;
  convolution->forward(x, addend, y);
  Results results{side.read(y.activated)};
  if (c.unactivated) results.push_back(side.read(y.unactivated));
  return results;
}

Results backward(Side& side, const Case& c) {
  const auto convolution = side.backend.convolution(c.config);
  convolution->setWeights(weightsOf(side, c));
  const Activation x = imageOrSlice(side, c, c.config.input);
  const Activation dy = imageOrSlice(side, c, outputOf(c));
  const Activation dx = imageOrSlice(side, c, c.config.input);
  Activation addend{c.config.input, nullptr, 0};
  if (c.addend == Addend::another) addend = imageOrSlice(side, c, c.config.input);
  if (c.addend == Addend::theResult) addend = dx;
  convolution->backwardData(dy, addend, dx, {});
  const size_t weights = static_cast<size_t>(c.config.input.c) * c.config.outChannels *
                         c.config.kernel * c.config.kernel;
  float* dWeight = side.block(weights);
  float* dBias = c.config.bias ? side.block(c.config.outChannels) : nullptr;
  convolution->backwardWeights(x, dy, dWeight, dBias);
  Results results{side.read(dx), side.read(dWeight, weights)};
  if (dBias) results.push_back(side.read(dBias, c.config.outChannels));
  return results;
}

ConvolutionConfig configOf(const Shape& input, int out, int kernel, int padding, int stride) {
  ConvolutionConfig config;
  config.input = input;
  config.outChannels = out;
  config.kernel = kernel;
  config.padding = padding;
  config.stride = stride;
  config.weightGradient = config.inputGradient = true;
  return config;
}

std::vector<Case> threeByThree() {
  std::vector<Case> cases;
  const auto add = [&](const Shape& input, int out) -> Case& {
    cases.push_back({configOf(input, out, 3, 1, 1)});
    cases.back().config.bias = cases.size() % 2 == 1;
    return cases.back();
  };
  add({1, 3, 5, 7}, 24).config.prelu = true;
  add({2, 24, 9, 17}, 48);
  add({1, 64, 17, 33}, 64).config.activationSlope = 0.2f;
  add({1, 1, 1, 1}, 1);
  add({3, 12, 8, 16}, 3);
  add({1, 64, 6, 5}, 12);
  add({1, 17, 11, 20}, 70);
  add({1, 160, 4, 6}, 32);
  add({1, 32, 3, 19}, 130);
  Case& residual = add({1, 40, 10, 18}, 40);
  residual.addend = Addend::theResult;
  residual.config.outputScale = 0.2f;
  Case& dense = add({2, 24, 9, 10}, 8);
  dense.slices = true;
  dense.offset = 4;
  dense.config.activationSlope = 0.2f;
  Case& odd = add({1, 20, 9, 10}, 20);
  odd.slices = true;
  odd.offset = 3;
  odd.addend = Addend::another;
  odd.config.outputScale = -0.7f;
  Case& kept = add({1, 16, 6, 6}, 16);
  kept.config.prelu = kept.unactivated = true;
  return cases;
}

std::vector<Case> otherSizes() {
  std::vector<Case> cases;
  cases.push_back({configOf({2, 9, 12, 10}, 20, 4, 1, 2)});  // the discriminator's
  cases.push_back({configOf({1, 70, 5, 6}, 66, 1, 0, 1)});
  cases.push_back({configOf({1, 3, 13, 11}, 16, 5, 2, 1)});
  cases.push_back({configOf({1, 8, 9, 9}, 4, 3, 0, 1)});
  cases.push_back({configOf({1, 6, 7, 8}, 5, 3, 1, 2)});
  cases.back().config.bias = true;
  return cases;
}

void compareAll(Context& context, const std::vector<Case>& cases, Precision precision,
                double tolerance) {
  for (size_t i = 0; i < cases.size(); i++) {
    const Case& c = cases[i];
    try {
      compareSides(context, precision, tolerance, [&](Side& side) { return forward(side, c); });
      compareSides(context, precision, tolerance, [&](Side& side) { return backward(side, c); });
      compareRuns(context, precision, [&](Side& side) { return backward(side, c); });
    } catch (const Failed& failed) {
      throw Failed() << "case " << i << ": " << failed.what();
    }
  }
}

// Only the order of sums differs.
constexpr double kFloatTolerance = 4e-6;

const Registered plain("convolution/float32", [](Context& context) {
  compareAll(context, threeByThree(), Precision::float32, kFloatTolerance);
});
const Registered others("convolution/sizes", [](Context& context) {
  compareAll(context, otherSizes(), Precision::float32, kFloatTolerance);
});

const Registered rounded("convolution/bfloat16", [](Context& context) {
  compareAll(context, threeByThree(), Precision::bfloat16, kFloatTolerance);
});

}  // namespace
}  // namespace evensr::driver
