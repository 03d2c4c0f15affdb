// Whole networks and their training: against the CPU, resumed, and over many steps.
#include "training.h"

#include <cmath>

#include "check.h"

namespace evensr::driver {
namespace {

const struct {
  const char* name;
  Network (*make)();
  size_t parameters;  // of the published networks
} kPublished[] = {
    {"SRVGG-16", [] { return srvgg(4, 64, 16); }, 621424},
    {"SRVGG-32", [] { return srvgg(4, 64, 32); }, 1213296},
    {"MSRResNet", [] { return msrresnet(64, 16); }, 1517571},
    {"RRDBNet", [] { return rrdbnet(64, 23, 32); }, 16697987},
    {"UNetDiscriminatorSN", [] { return unetDiscriminator(64); }, 4376897},
};

const Registered published("training/published-networks", [](Context&) {
  for (const auto& network : kPublished) {
    const size_t count = Graph(network.make().spec).parameterCount();
    if (count == network.parameters) continue;
    throw Failed() << network.name << " has " << count << " parameters, not " << network.parameters;
  }
});

std::unique_ptr<Trainer> onDevice(Context& context, const Network& network,
                                  const TrainerOptions& options, Precision precision) {
  return trainerOf(network, options, context.api.networkBackend(context.device, precision),
                   context.seed);
}

std::unique_ptr<Trainer> onCpu(Context& context, const Network& network,
                               const TrainerOptions& options) {
  return trainerOf(network, options, createCpuNetworkBackend(1), context.seed);
}

// |a - b| / |a| in the 2-norm; not below the tolerance when anything is NaN.
void requireNear(const std::vector<float>& expected, const std::vector<float>& received,
                 double tolerance, const std::string& what) {
  double square = 0, difference = 0;
  if (expected.size() != received.size()) throw Failed() << "another number of values: " << what;
  for (size_t i = 0; i < expected.size(); i++) {
    const double a = expected[i], b = received[i];
    square += a * a;
    difference += (a - b) * (a - b);
  }
  const double distance = std::sqrt(difference / square);
  if (distance <= tolerance) return;
  throw Failed() << what << ": relative distance " << distance << ", more than " << tolerance;
}

struct Tolerances {
  double output, gradients;
};

void compareGradients(Context& context, const Network& network, Precision precision,
                      const Tolerances& tolerances) {
  const auto cpu = onCpu(context, network, trainerOptions());
  const auto device = onDevice(context, network, trainerOptions(), precision);
  Dice dice(context.seed + 1);
  const Shape shape{2, 3, 8, 8};
  const int scale = static_cast<int>(network.spec.scale);
  const int channels = scale == 1 ? 1 : 3;
  std::vector<float> input(shape.elements());
  std::vector<float> gradient(input.size() / 3 * channels * scale * scale);
  for (float& value : input) value = static_cast<float>(dice.uniform());
  for (float& value : gradient) value = static_cast<float>(dice.between(-1, 1));
  const Gradients a = cpu->gradients(input.data(), shape, gradient);
  const Gradients b = device->gradients(input.data(), shape, gradient);
  const std::string of = " of the network with output " + network.spec.output;
  requireNear(a.output, b.output, tolerances.output, "output" + of);
  requireNear(a.inputGradient, b.inputGradient, tolerances.gradients, "gradient of the input" + of);
  requireNear(a.parameterGradients, b.parameterGradients, tolerances.gradients,
              "parameter gradients" + of);
}

// Operands have 8 bits; gradients are farther off where an activation takes the other slope.
const Registered rounded("training/gradients-bfloat16", [](Context& context) {
  for (const Network& network : {srvgg(4, 32, 1), msrresnet(32, 1)}) {
    compareGradients(context, network, Precision::bfloat16, {2e-2, 0.15});
  }
});

StepOptions stepOptions() {
  StepOptions options;
  options.learningRate = options.discriminatorLearningRate = 1e-4;
  return options;
}

// 1,000 steps where there is effort for them; the loss must have fallen, as it does on the CPU.
const Registered soak("training/soak", [](Context& context) {
  const bool isLong = context.effort > 1;
  const int steps = isLong ? 1000 : 20, side = isLong ? 32 : 4;
  const Network network = isLong ? srvgg(4, 64, 16) : srvgg(4, 8, 1);
  const auto trainer = onDevice(context, network, trainerOptions(), Precision::bfloat16);
  Dice dice(context.seed);
  StepOptions options = stepOptions();
  options.learningRate = isLong ? 2e-4 : 2e-3;
  double first = 0, last = 0;
  const int ends = steps / 5;
  for (int step = 0; step < steps; step++) {
    const StepOutcome outcome = finiteStep(*trainer, *drawBatch(dice, 4, side), options);
    double& sum = step < ends ? first : last;
    if (step < ends || step >= steps - ends) {
      for (const double loss : outcome.losses) sum += loss;
    }
  }
  if (last < 0.8 * first) return;
  throw Failed() << "the loss went from " << first / ends << " to " << last / ends << " in "
                 << steps << " steps";
});

}  // namespace
}  // namespace evensr::driver
