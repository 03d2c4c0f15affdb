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

// Small ones with all that the large ones have.
std::vector<Network> smallNetworks() {
  return {srvgg(4, 8, 2), msrresnet(8, 1), rrdbnet(8, 1, 4), unetDiscriminator(4)};
}

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

// float32: sums in another order, where an activation within rounding of 0 may take either slope.
const Registered gradients("training/gradients", [](Context& context) {
  for (const Network& network : smallNetworks()) {
    compareGradients(context, network, Precision::float32, {1e-5, 5e-5});
  }
});

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

std::vector<float> state(Trainer& trainer) {
  std::vector<float> all;
  for (const StateBlock block :
       {StateBlock::weights, StateBlock::ema, StateBlock::m, StateBlock::v}) {
    const std::vector<float> values = trainer.getState(block);
    all.insert(all.end(), values.begin(), values.end());
  }
  const std::vector<float> buffers = trainer.getBuffers();
  all.insert(all.end(), buffers.begin(), buffers.end());
  return all;
}

// Losses, not weights: Adam turns a gradient's rounding around 0 into a whole step.
const Registered ten("training/ten-steps", [](Context& context) {
  for (const Network& network : {srvgg(4, 8, 1), rrdbnet(4, 1, 4)}) {
    const auto cpu = onCpu(context, network, trainerOptions());
    const auto device = onDevice(context, network, trainerOptions(), Precision::float32);
    Dice dice(context.seed);
    for (int step = 0; step < 10; step++) {
      const auto batch = drawBatch(dice, 2, 4);
      const StepOutcome a = finiteStep(*cpu, *batch, stepOptions());
      const StepOutcome b = finiteStep(*device, *batch, stepOptions());
      for (int n = 0; n < 2; n++) {
        if (std::fabs(a.losses[n] - b.losses[n]) <= 1e-3 * a.losses[n]) continue;
        throw Failed() << "the loss of step " << step << " is " << b.losses[n] << ", expected "
                       << a.losses[n];
      }
    }
  }
});

struct Pair {
  std::unique_ptr<Trainer> generator, discriminator;
};

Pair ganPair(Context& context, Precision precision) {
  TrainerOptions options = trainerOptions();
  options.ganWeight = 0.1;
  return {onDevice(context, srvgg(4, 8, 1), options, precision),
          onDevice(context, unetDiscriminator(4), options, precision)};
}

void ganSteps(Pair& pair, Dice& dice, int count) {
  StepOptions options = stepOptions();
  options.discriminator = pair.discriminator.get();
  pair.generator->lendWorkspace(*pair.discriminator);
  for (int i = 0; i < count; i++) finiteStep(*pair.generator, *drawBatch(dice, 2, 4), options);
}

const Registered gan("training/gan-step", [](Context& context) {
  TrainerOptions options = trainerOptions();
  options.ganWeight = 0.1;
  Pair device = ganPair(context, Precision::float32);
  Pair cpu{onCpu(context, srvgg(4, 8, 1), options), onCpu(context, unetDiscriminator(4), options)};
  Dice ofDevice(context.seed), ofCpu(context.seed);
  ganSteps(device, ofDevice, 1);
  ganSteps(cpu, ofCpu, 1);
  for (const auto member : {&Pair::generator, &Pair::discriminator}) {
    requireNear((cpu.*member)->getState(StateBlock::m), (device.*member)->getState(StateBlock::m),
                1e-3, "first moment after a step with a discriminator");
  }
});

// A checkpoint is all that is kept: the same bits as without an interruption.
const Registered resume("training/resume", [](Context& context) {
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    Pair whole = ganPair(context, precision), resumed = ganPair(context, precision);
    Dice dice(context.seed);
    ganSteps(whole, dice, 2);
    const auto move = [](Trainer& from, Trainer& to) {
      for (const StateBlock block :
           {StateBlock::weights, StateBlock::ema, StateBlock::m, StateBlock::v}) {
        to.setState(block, from.getState(block));
      }
      to.setBuffers(from.getBuffers());
      to.setStepCount(from.stepCount());
    };
    move(*whole.generator, *resumed.generator);
    move(*whole.discriminator, *resumed.discriminator);
    Dice again = dice;
    ganSteps(whole, dice, 2);
    ganSteps(resumed, again, 2);
    if (state(*whole.generator) != state(*resumed.generator) ||
        state(*whole.discriminator) != state(*resumed.discriminator)) {
      throw Failed() << "training went another way after it was resumed";
    }
  }
});

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
