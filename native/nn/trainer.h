// A network with its optimizer: steps, results, scores, and the state that a checkpoint keeps.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "batch.h"
#include "network_backend.h"
#include "nn/effective_weights.h"
#include "nn/graph.h"
#include "nn/plan_cache.h"

namespace evensr {

struct TrainerOptions {
  LossType loss = LossType::l1;
  double lossEpsilon = 0;
  double beta1 = 0, beta2 = 0, epsilon = 0, weightDecay = 0;
  double emaDecay = 0;  // 0: the average is the weight itself
};

enum class StateBlock { weights, ema, m, v };

struct StepOutcome {
  std::vector<double> losses;
  double gradientNorm = 0;
  std::string nonFinite;  // what was not finite; the step was then skipped. Empty: nothing
  double milliseconds = 0;
};

struct BatchScores {
  std::vector<double> psnrY, losses;
};

// What one pass forward and backward computes; planar host memory.
struct Gradients {
  std::vector<float> output, inputGradient, parameterGradients;
};

// Not safe for concurrent use; the caller makes sure that one thread at a time is inside.
class Trainer {
 public:
  // `weights` start the network and its moving average, `buffers` its buffers, if it has any.
  // Throws E_NETWORK, E_SHAPE, E_MEMORY.
  Trainer(const NetworkSpec& spec, const TrainerOptions& options,
          std::unique_ptr<NetworkBackend> backend, const std::vector<float>& weights,
          const std::vector<float>& buffers);

  const Graph& graph() const { return graph_; }
  int64_t stepCount() const { return stepCount_; }
  void setStepCount(int64_t count) { stepCount_ = count; }

  // Forward, loss, backward, Adam and moving average. `sampleWeights` (B) or empty for all 1.
  // When a value is not finite no bit of the state changes and the outcome names it.
  StepOutcome step(const BatchData& batch, double learningRate,
                   const std::vector<double>& sampleWeights);
  // lq (B, C, h, w) -> sr (B, C, s h, s w), planar, not clamped.
  FloatArray forward(const float* lq, const Shape& shape, StateBlock weights);
  BatchScores measure(const BatchData& batch, StateBlock weights, int border);
  // For given gradients of the outputs, one after the other: the way to test operators and
  // networks. A pass of training: it moves the buffers on.
  Gradients gradients(const float* input, const Shape& shape,
                      const std::vector<float>& outputGradient);

  std::vector<float> getState(StateBlock block);
  void setState(StateBlock block, const std::vector<float>& values);
  // All buffers, in the graph's order.
  std::vector<float> getBuffers();
  void setBuffers(const std::vector<float>& values);

 private:
  float* block(StateBlock id) { return static_cast<float*>(state_[static_cast<int>(id)]->data()); }
  float* gradient() { return static_cast<float*>(gradient_->data()); }
  // Ready to run. With a backward pass it trains: the buffers move on.
  Plan& plan(const Shape& shape, const PlanOptions& options, StateBlock weights);
  std::string update(double learningRate, StepOutcome& outcome);

  const Graph graph_;
  const TrainerOptions options_;
  const std::unique_ptr<NetworkBackend> backend_;
  std::array<std::unique_ptr<DeviceMemory>, 4> state_;
  std::unique_ptr<DeviceMemory> gradient_;
  EffectiveWeights effective_;
  PlanCache plans_;
  size_t version_ = 1;  // of the values of all blocks, and of the effective weights
  std::atomic<int64_t> stepCount_{0};
};

}  // namespace evensr
