// Whole networks, forward and backward: against the CPU, and the gradients against differences of
// the network's own results.
#include <cmath>

#include "check.h"
#include "network_specs.h"
#include "nn/trainer.h"
#include "twins.h"

namespace evensr::driver {
namespace {

// float32 on both sides, convolutions by other algorithms.
constexpr Tolerance kOutput{1e-5}, kGradient{1e-4};

std::unique_ptr<Trainer> trainerOf(Context& context, Side side, const NetworkSpec& spec) {
  Dice dice(context.seed);
  const std::vector<float> weights = someParameters(dice, spec), buffers = someBuffers(dice, spec);
  auto backend = side == kCpu ? createCpuNetworkBackend(1)
                              : context.api.networkBackend(context.device, Precision::float32);
  return std::make_unique<Trainer>(spec, TrainerOptions{}, std::move(backend), weights, buffers,
                                   std::nullopt);
}

size_t outputCount(const Graph& graph, const Shape& input) {
  size_t count = 0;
  for (const int tensor : graph.outputTensors()) count += graph.shapes(input)[tensor].elements();
  return count;
}

struct Network {
  const char* name;
  NetworkSpec spec;
  std::vector<Shape> inputs;
};

void compareNetwork(Context& context, const Network& network) {
  const auto cpu = trainerOf(context, kCpu, network.spec);
  const auto device = trainerOf(context, kDevice, network.spec);
  Dice dice(context.seed + 1);
  for (const Shape& input : network.inputs) {
    const std::string what = textOf(input);
    const std::vector<float> x = someValues(dice, input.elements());
    const std::vector<float> dy = someValues(dice, outputCount(cpu->graph(), input));
    const Gradients expected = cpu->gradients(x.data(), input, dy);
    const std::vector<float> buffers = device->getBuffers();
    const Gradients received = device->gradients(x.data(), input, dy);
    requireLike(expected.output, received.output, kOutput, "output of " + what);
    requireLike(expected.inputGradient, received.inputGradient, kGradient, "dx of " + what);
    requireLike(expected.parameterGradients, received.parameterGradients, kGradient,
                "parameter gradients of " + what);
    requireLike(cpu->getBuffers(), device->getBuffers(), kOutput, "buffers of " + what);
    device->setBuffers(buffers);
    const Gradients again = device->gradients(x.data(), input, dy);
    requireLike(received.output, again.output, kSameBits, "second output of " + what);
    requireLike(received.inputGradient, again.inputGradient, kSameBits, "second dx of " + what);
    requireLike(received.parameterGradients, again.parameterGradients, kSameBits,
                "second parameter gradients of " + what);
  }
}

struct NetworkChecks {
  NetworkChecks() {
    const std::vector<Shape> odd{{1, 3, 7, 9}, {3, 3, 5, 4}}, even{{1, 3, 6, 10}, {3, 3, 4, 4}};
    for (const Network& network : std::vector<Network>{
             {"srvgg", srvggSpec(false), odd},
             {"conditioned srvgg", srvggSpec(true), odd},
             {"msrresnet", msrresnetSpec(), odd},
             {"edsr", edsrSpec(), odd},
             {"rrdbnet", rrdbnetSpec(), even},
             {"unet discriminator", unetDiscriminatorSpec(), {{1, 3, 8, 16}, {3, 3, 8, 8}}},
             {"features", featuresSpec(), odd}}) {
      checks().push_back({std::string("network/gradients of ") + network.name,
                          [network](Context& context) { compareNetwork(context, network); }});
    }
  }
};
const NetworkChecks networkChecks;

// ---- differences ----

// A hidden layer, the operator, and a convolution that mixes its results.
template <class Operator>
NetworkSpec around(double scale, int hidden, const Operator& make) {
  SpecBuilder graph;
  const std::string x = make(graph, graph.conv("before", "input", hidden));
  return graph.build(scale, graph.conv("after", x, 2));
}

struct Case {
  const char* name;
  NetworkSpec spec;
};

std::vector<Case> operatorCases() {
  using Graph = SpecBuilder;
  using Name = std::string;
  const auto halves = [](Graph& g, const Name& x) {
    return g.node("pool", "maxPool", {x}, {{"size", {2}}, {"stride", {2}}, {"padding", {0}}});
  };
  return {
      {"conv2d", around(1, 4, [](Graph&, const Name& x) { return x; })},
      {"strided conv2d", around(0.5, 4,
                                [](Graph& g, const Name& x) {
                                  return g.conv("halving", x, 5, {4, 1, 2, false});
                                })},
      {"spectral norm", around(1, 4,
                               [](Graph& g, const Name& x) {
                                 return g.conv("sn", x, 5, {3, 1, 1, false, true});
                               })},
      {"prelu", around(1, 5, [](Graph& g, const Name& x) { return g.prelu("prelu", x); })},
      // Read twice, so that no convolution does its work.
      {"prelu alone",
       around(1, 4,
              [](Graph& g, const Name& x) {
                return g.node("sum", "add", {g.prelu("prelu", x), x}, {{"scale", {0.7}}});
              })},
      {"relu", around(1, 4, [](Graph& g, const Name& x) { return g.node("relu", "relu", {x}); })},
      {"leakyRelu", around(1, 4,
                           [](Graph& g, const Name& x) {
                             return g.node("act", "leakyRelu", {x}, {{"slope", {0.2}}});
                           })},
      {"affine",
       around(1, 2,
              [](Graph& g, const Name& x) {
                return g.node("affine", "affine", {x}, {{"scale", {2, -0.5}}, {"shift", {1, 3}}});
              })},
      {"concat", around(1, 4,
                        [](Graph& g, const Name& x) {
                          const Name more = g.conv("more", x, 3);
                          return g.node("cat", "concat", {x, more}, {}, 7);
                        })},
      {"modulate", around(1, 4,
                          [](Graph& g, const Name& x) {
                            const Name all = g.node("all", "globalStatistics", {x}, {}, 8);
                            return g.node("mod", "modulate", {x, g.conv("change", all, 8, {1, 0})});
                          })},
      {"pixelShuffle",
       around(2, 8, [](Graph& g, const Name& x) { return g.shuffle("shuffle", x, 2); })},
      {"pixelUnshuffle",
       around(0.5, 2,
              [](Graph& g, const Name& x) {
                return g.node("unshuffle", "pixelUnshuffle", {x}, {{"factor", {2}}}, 8);
              })},
      {"maxPool", around(0.5, 4, halves)},
      {"upsampleNearest",
       around(2, 4,
              [](Graph& g, const Name& x) { return g.upsample("up", x, "upsampleNearest", 2); })},
      {"upsampleBilinear",
       around(3, 4,
              [](Graph& g, const Name& x) { return g.upsample("up", x, "upsampleBilinear", 3); })},
  };
}

double product(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); i++) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

std::vector<float> moved(std::vector<float> x, const std::vector<float>& direction, double by) {
  for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<float>(x[i] + by * direction[i]);
  return x;
}

// Along random directions of the input and of the parameters: the gradient's product with a
// direction is what the objective, dy . output, changes by.
void checkDifferences(Context& context, const Case& one) {
  // Differences across the kink of an activation are a little off.
  constexpr double kStep = 1e-3, kAgreement = 0.02;
  const Shape input{2, 3, 4, 6};
  const auto network = trainerOf(context, kDevice, one.spec);
  Dice dice(context.seed + 2);
  std::vector<float> x(input.elements());
  for (float& value : x) value = static_cast<float>(dice.between(-1, 1));
  const std::vector<float> weights = network->getState(StateBlock::weights);
  const std::vector<float> dy = someValues(dice, outputCount(network->graph(), input));
  const Gradients gradients = network->gradients(x.data(), input, dy);
  const auto objective = [&](const std::vector<float>& at) {
    const FloatArray y = network->forward(at.data(), input, StateBlock::weights);
    return product({y.data(), y.data() + y.size()}, dy);
  };
  const auto directionOf = [&](const std::vector<float>& gradient) {
    std::vector<float> direction = someValues(dice, gradient.size());
    const double size = std::sqrt(product(direction, direction) / direction.size());
    for (float& value : direction) value = static_cast<float>(value / size);
    return direction;
  };
  const auto require = [&](double expected, double found, const std::vector<float>& gradient,
                           const char* what) {
    // Of a direction of so many values of about 1.
    const double usual = std::sqrt(product(gradient, gradient));
    if (std::fabs(expected - found) <= kAgreement * usual) return;
    throw Failed() << one.name << ": along " << what << " the gradient says " << found
                   << ", differences say " << expected << " (its length " << usual << ")";
  };
  for (int i = 0; i < 3; i++) {
    const std::vector<float> direction = directionOf(gradients.inputGradient);
    const double change =
        objective(moved(x, direction, kStep)) - objective(moved(x, direction, -kStep));
    require(change / (2 * kStep), product(gradients.inputGradient, direction),
            gradients.inputGradient, "the input");
    const std::vector<float> other = directionOf(gradients.parameterGradients);
    network->setState(StateBlock::weights, moved(weights, other, kStep));
    const double above = objective(x);
    network->setState(StateBlock::weights, moved(weights, other, -kStep));
    const double below = objective(x);
    network->setState(StateBlock::weights, weights);
    require((above - below) / (2 * kStep), product(gradients.parameterGradients, other),
            gradients.parameterGradients, "the parameters");
  }
}

const Registered differences("network/differences", [](Context& context) {
  for (const Case& one : operatorCases()) checkDifferences(context, one);
});

}  // namespace
}  // namespace evensr::driver
