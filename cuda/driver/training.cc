#include "training.h"

#include <algorithm>
#include <cmath>

#include "error.h"

namespace evensr::driver {
namespace {

constexpr int kScale = 4;

// The mean of every kScale x kScale square of a plane of side kScale side.
void shrink(const float* gt, int side, float* lq) {
  const int wide = kScale * side;
  for (int y = 0; y < side; y++) {
    for (int x = 0; x < side; x++) {
      double sum = 0;
      for (int i = 0; i < kScale * kScale; i++) {
        sum += gt[(kScale * y + i / kScale) * wide + kScale * x + i % kScale];
      }
      lq[y * side + x] = static_cast<float>(sum / (kScale * kScale));
    }
  }
}

}  // namespace

void drawPicture(Dice& dice, int side, float* picture) {
  const double turn = dice.between(0, 3.1), cosine = std::cos(turn), sine = std::sin(turn);
  const double period = dice.between(6, 40), edge = dice.between(-0.3, 0.3) * side;
  const double grain = dice.between(0, 0.05);
  for (int c = 0; c < 3; c++) {
    const double level = dice.between(0.3, 0.7), height = dice.between(0.1, 0.3);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        const double along = cosine * (x - side / 2.0) + sine * (y - side / 2.0);
        const double step = along > edge ? 0.15 : -0.15;
        const double value = level + step + height * std::sin(along / period * 6.28) +
                             grain * (dice.uniform() - 0.5);
        *picture++ = static_cast<float>(std::min(1.0, std::max(0.0, value)));
      }
    }
  }
}

std::unique_ptr<BatchData> drawBatch(Dice& dice, int batch, int side) {
  auto data = std::make_unique<BatchData>(std::make_shared<FloatPool>());
  const size_t plane = static_cast<size_t>(side) * side, gtPlane = plane * kScale * kScale;
  data->batch = batch;
  data->gtHeight = data->gtWidth = kScale * side;
  data->lqHeight = data->lqWidth = side;
  data->gt = FloatArray(3 * gtPlane * batch);
  data->lq = FloatArray(3 * plane * batch);
  for (int n = 0; n < batch; n++)
    drawPicture(dice, kScale * side, data->gt.data() + 3 * gtPlane * n);
  for (int p = 0; p < 3 * batch; p++) {
    shrink(data->gt.data() + gtPlane * p, side, data->lq.data() + plane * p);
  }
  return data;
}

TrainerOptions trainerOptions() {
  TrainerOptions options;
  options.beta1 = 0.9;
  options.beta2 = 0.99;
  options.epsilon = 1e-8;
  options.emaDecay = 0.999;
  return options;
}

std::unique_ptr<Trainer> trainerOf(const Network& network, const TrainerOptions& options,
                                   std::unique_ptr<NetworkBackend> backend, unsigned seed) {
  Dice dice(seed);
  const std::vector<float> weights = firstWeights(network, dice);
  const std::vector<float> buffers = firstBuffers(network, dice);
  backend->makeCurrent();
  return std::make_unique<Trainer>(network.spec, options, std::move(backend), weights, buffers,
                                   std::nullopt);
}

StepOutcome finiteStep(Trainer& trainer, const BatchData& batch, const StepOptions& options) {
  const StepOutcome outcome = trainingStep(trainer, batch, options);
  if (!outcome.nonFinite.empty()) {
    throw CodedError("E_DIVERGED", outcome.nonFinite + " is not finite");
  }
  return outcome;
}

}  // namespace evensr::driver
