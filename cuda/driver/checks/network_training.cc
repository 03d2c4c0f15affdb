// Steps of training, the CPU's and the device's side by side, and what a resumed run does.
#include <cmath>

#include "check.h"
#include "network_specs.h"
#include "nn/training_step.h"
#include "twins.h"

namespace evensr::driver {
namespace {

constexpr double kLearningRate = 1e-3;

struct Setting {
  NetworkSpec spec;
  TrainerOptions options;
  int scale, side;  // of lq
  int steps;
  bool perceptual = false;
  int estimates = 0;
  bool wholly = false;  // in parts, and with losses after the update
};

TrainerOptions optionsOf(LossType loss) {
  TrainerOptions o;
  o.loss = loss;
  o.lossEpsilon = 1e-3;
  o.beta1 = 0.9;
  o.beta2 = 0.99;
  o.epsilon = 1e-8;
  o.weightDecay = 1e-2;
  o.clipNorm = 5;
  o.emaDecay = 0.9;
  return o;
}

// A trainer, and if its options weight it a discriminator, on one side.
struct Pupil {
  std::unique_ptr<Trainer> network, discriminator;
  bool wholly;

  Pupil(Context& context, Side side, const Setting& setting) : wholly(setting.wholly) {
    Dice dice(context.seed);
    std::optional<PerceptualOptions> perceptual;
    if (setting.perceptual) {
      const NetworkSpec features = featuresSpec();
      perceptual = PerceptualOptions{features, someParameters(dice, features), {0.3, 1}};
    }
    network = make(context, side, setting.spec, setting.options, dice, perceptual);
    if (setting.options.ganWeight == 0) return;
    TrainerOptions other = optionsOf(LossType::l1);
    discriminator = make(context, side, unetDiscriminatorSpec(), other, dice, std::nullopt);
  }

  StepOutcome step(const BatchData& batch, const std::vector<float>& severities) {
    StepOptions options;
    options.learningRate = options.discriminatorLearningRate = kLearningRate;
    options.severities = severities;
    options.discriminator = discriminator.get();
    options.accumulate = wholly && batch.batch % 2 == 0 ? 2 : 1;
    options.lossesAfter = wholly;
    return trainingStep(*network, batch, options);
  }

 private:
  static std::unique_ptr<Trainer> make(Context& context, Side side, const NetworkSpec& spec,
                                       const TrainerOptions& options, Dice& dice,
                                       const std::optional<PerceptualOptions>& perceptual) {
    const std::vector<float> weights = someParameters(dice, spec);
    const std::vector<float> buffers = someBuffers(dice, spec);
    auto backend = side == kCpu ? createCpuNetworkBackend(1)
                                : context.api.networkBackend(context.device, Precision::float32);
    return std::make_unique<Trainer>(spec, options, std::move(backend), weights, buffers,
                                     perceptual);
  }
};

// gt is smooth, lq its mean over squares.
std::unique_ptr<BatchData> someBatch(Dice& dice, int count, int side, int scale) {
  auto batch = std::make_unique<BatchData>(std::make_shared<FloatPool>());
  batch->batch = count;
  batch->lqHeight = batch->lqWidth = side;
  batch->gtHeight = batch->gtWidth = side * scale;
  const size_t images = size_t{3} * count;
  const int wide = side * scale;
  batch->gt = FloatArray(images * wide * wide);
  batch->lq = FloatArray(images * side * side);
  std::fill_n(batch->lq.data(), batch->lq.size(), 0.0f);
  for (size_t image = 0; image < images; image++) {
    const double across = dice.between(-1, 1), down = dice.between(-1, 1), at = dice.between(0, 6);
    for (int y = 0; y < wide; y++) {
      for (int x = 0; x < wide; x++) {
        const auto value = static_cast<float>(0.5 + 0.4 * std::sin(across * x + down * y + at));
        batch->gt[(image * wide + y) * wide + x] = value;
        const size_t to = (image * side + y / scale) * side + x / scale;
        batch->lq[to] += value / static_cast<float>(scale * scale);
      }
    }
  }
  return batch;
}

std::vector<double> figuresOf(const StepOutcome& outcome) {
  std::vector<double> figures = outcome.losses;
  figures.insert(figures.end(), outcome.lossesAfter.begin(), outcome.lossesAfter.end());
  for (const auto& [name, values] : outcome.parts) {
    figures.insert(figures.end(), values.begin(), values.end());
  }
  figures.push_back(outcome.gradientNorm);
  figures.push_back(outcome.discriminatorGradientNorm);
  return figures;
}

constexpr StateBlock kBlocks[] = {StateBlock::weights, StateBlock::ema, StateBlock::m,
                                  StateBlock::v};

std::vector<float> stateOf(Trainer& trainer) {
  std::vector<float> state = trainer.getBuffers();
  for (const StateBlock block : kBlocks) {
    const std::vector<float> values = trainer.getState(block);
    state.insert(state.end(), values.begin(), values.end());
  }
  return state;
}

// act(step, batch, severities) for all steps.
template <class Act>
void eachStep(Context& context, const Setting& setting, const Act& act) {
  Dice dice(context.seed + 3);
  for (int step = 0; step < setting.steps; step++) {
    const int count = step % 2 == 0 ? 1 : 2;
    const auto batch = someBatch(dice, count, setting.side, setting.scale);
    std::vector<float> severities;
    for (int i = 0; i < count * setting.estimates; i++) {
      severities.push_back(static_cast<float>(dice.uniform()));
    }
    act(step, *batch, severities);
  }
}

// Adam divides by the size of gradients: where they are nearly 0, a step's sign hangs on rounding.
// So the weights may differ by a small part of what all steps together move them.
void compareTraining(Context& context, const Setting& setting) {
  Pupil cpu(context, kCpu, setting), device(context, kDevice, setting);
  eachStep(context, setting,
           [&](int step, const BatchData& batch, const std::vector<float>& severities) {
             const StepOutcome expected = cpu.step(batch, severities);
             const StepOutcome received = device.step(batch, severities);
             const std::string what = "step " + std::to_string(step);
             if (!expected.nonFinite.empty() || !received.nonFinite.empty()) {
               throw Failed() << what << ": " << received.nonFinite << " is not finite";
             }
             requireLike(figuresOf(expected), figuresOf(received), {2e-4}, "figures of " + what);
           });
  const auto near = [&](Trainer& a, Trainer& b, const char* what) {
    const std::vector<float> expected = a.getState(StateBlock::weights);
    const std::vector<float> received = b.getState(StateBlock::weights);
    double squares = 0;
    for (size_t i = 0; i < expected.size(); i++) {
      squares += std::pow(static_cast<double>(expected[i]) - received[i], 2);
    }
    const double apart = std::sqrt(squares / expected.size());
    if (!(apart <= 0.02 * setting.steps * kLearningRate)) {
      throw Failed() << what << ": weights are " << apart << " apart after " << setting.steps
                     << " steps";
    }
  };
  near(*cpu.network, *device.network, "network");
  if (cpu.discriminator) near(*cpu.discriminator, *device.discriminator, "discriminator");
}

// Half of the steps, the state carried over to new trainers, the other half: the same bits as all
// steps at once.
void compareResumed(Context& context, const Setting& setting) {
  Pupil whole(context, kDevice, setting);
  auto half = std::make_unique<Pupil>(context, kDevice, setting);
  eachStep(context, setting,
           [&](int step, const BatchData& batch, const std::vector<float>& severities) {
             if (step == setting.steps / 2) {
               auto resumed = std::make_unique<Pupil>(context, kDevice, setting);
               const auto carry = [&](Trainer& from, Trainer& to) {
                 for (const StateBlock block : kBlocks) to.setState(block, from.getState(block));
                 to.setBuffers(from.getBuffers());
                 to.setStepCount(from.stepCount());
               };
               carry(*half->network, *resumed->network);
               if (half->discriminator) carry(*half->discriminator, *resumed->discriminator);
               half = std::move(resumed);
             }
             const std::vector<double> expected = figuresOf(whole.step(batch, severities));
             requireLike(expected, figuresOf(half->step(batch, severities)), kSameBits,
                         "figures of step " + std::to_string(step));
           });
  requireLike(stateOf(*whole.network), stateOf(*half->network), kSameBits, "state");
  if (!whole.discriminator) return;
  requireLike(stateOf(*whole.discriminator), stateOf(*half->discriminator), kSameBits,
              "state of the discriminator");
}

Setting withGan(GanType type, int steps) {
  Setting setting{srvggSpec(false), optionsOf(LossType::l1), 4, 2, steps, true};
  setting.options.perceptualWeight = 1;
  setting.options.gan = type;
  setting.options.ganWeight = 0.1;
  return setting;
}

Setting withEstimate(int steps) {
  Setting setting{srvggSpec(true), optionsOf(LossType::charbonnier), 4, 4, steps, false, 2, true};
  setting.options.estimateWeight = 0.1;
  return setting;
}

const Registered srvgg("network/training of srvgg", [](Context& context) {
  compareTraining(context, {srvggSpec(false), optionsOf(LossType::l1), 4, 4, 10});
});
const Registered conditioned("network/training with a condition",
                             [](Context& context) { compareTraining(context, withEstimate(10)); });
const Registered msrresnet("network/training of msrresnet", [](Context& context) {
  compareTraining(context, {msrresnetSpec(), optionsOf(LossType::charbonnier), 2, 4, 10});
});
const Registered edsr("network/training of edsr", [](Context& context) {
  compareTraining(context, {edsrSpec(), optionsOf(LossType::l2), 2, 4, 10});
});
const Registered rrdbnet("network/training of rrdbnet", [](Context& context) {
  compareTraining(context, {rrdbnetSpec(), optionsOf(LossType::l1), 2, 4, 10});
});
const Registered vanilla("network/training with a discriminator", [](Context& context) {
  compareTraining(context, withGan(GanType::vanilla, 3));
});
const Registered relativistic("network/training with a relativistic loss", [](Context& context) {
  compareTraining(context, withGan(GanType::relativistic, 2));
});
const Registered resumed("network/resumed training",
                         [](Context& context) { compareResumed(context, withEstimate(4)); });
const Registered resumedBoth("network/resumed training with a discriminator", [](Context& context) {
  compareResumed(context, withGan(GanType::leastSquares, 2));
});

// What scores ask for: losses without weights and gradient.
const Registered scores("network/scores", [](Context& context) {
  const Setting setting{srvggSpec(false), optionsOf(LossType::charbonnier), 4, 4, 0};
  Pupil cpu(context, kCpu, setting), device(context, kDevice, setting);
  Dice dice(context.seed);
  const auto batch = someBatch(dice, 3, 4, 4);
  const BatchScores expected = cpu.network->measure(*batch, StateBlock::ema, 2);
  const BatchScores received = device.network->measure(*batch, StateBlock::ema, 2);
  requireLike(expected.losses, received.losses, {1e-5}, "losses");
  requireLike(expected.psnrY, received.psnrY, {1e-3}, "PSNR");
});

}  // namespace
}  // namespace evensr::driver
