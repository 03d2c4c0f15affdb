// A network with its optimizer: steps, results, scores, and the state that a checkpoint keeps.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batch.h"
#include "network_backend.h"
#include "nn/batch_part.h"
#include "nn/effective_weights.h"
#include "nn/gan_loss.h"
#include "nn/graph.h"
#include "nn/perceptual.h"
#include "nn/plan_cache.h"

namespace evensr {

struct TrainerOptions {
  LossType loss = LossType::l1;
  double lossEpsilon = 0, lossWeight = 1;
  double perceptualWeight = 0;
  GanType gan = GanType::vanilla;
  double ganWeight = 0;
  // What each loss compares with or takes for real: gt as the batch has it, sharpened or not, or
  // else as it was before.
  bool lossGtUsm = true, perceptualGtUsm = true, ganGtUsm = false;
  double beta1 = 0, beta2 = 0, epsilon = 0, weightDecay = 0;
  double clipNorm = 0;        // longer gradients are shortened to it; 0: never
  double emaDecay = 0;        // 0: the average is the weight itself
  double estimateWeight = 0;  // of the mean square error of the network's estimate
  bool profile = false;       // times what steps and pictures consist of
  bool inference = false;     // never trained: there are no moments, gradients and moving average
};

// What a perceptual loss compares.
struct PerceptualOptions {
  NetworkSpec features;
  std::vector<float> weights;
  std::vector<double> layerWeights;
};

enum class StateBlock { weights, ema, m, v };

// Of a network that trains: its next pass, which moves the buffers on, or more samples of the one
// that was the last.
enum class Pass { next, same };

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
          const std::vector<float>& buffers, const std::optional<PerceptualOptions>& perceptual);

  const Graph& graph() const { return graph_; }
  int64_t stepCount() const { return stepCount_; }
  void setStepCount(int64_t count) { stepCount_ = count; }

  // lq (B, C, h, w) -> sr (B, C, s h, s w), planar, not clamped. With `condition`, (B, K): by it in
  // place of what each lq says; for windows of larger pictures. Throws E_SHAPE when it has not the
  // size of the graph's condition, E_NETWORK when there is none.
  FloatArray forward(const float* lq, const Shape& shape, StateBlock weights,
                     const std::vector<float>& condition = {});
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

  // The pieces of a step (nn/training_step.h).

  const TrainerOptions& options() const { return options_; }
  NetworkBackend& backend() { return *backend_; }
  PerceptualLoss* perceptual() { return perceptual_.get(); }
  PlanCache& plans() { return plans_; }
  // Has a discriminator use the memory of what else looks at this network's results; what it
  // computed is lost when another one does.
  void lendWorkspace(Trainer& discriminator) { discriminator.plans_.use(judging_); }
  Profile* profile() { return options_.profile ? &profile_ : nullptr; }
  // All since the last call; with it what the backend knows of its own (takeSections()).
  Profile takeProfile();
  // Ready to run. With a backward pass it trains.
  Plan& plan(const Shape& shape, const PlanOptions& options, StateBlock weights,
             Pass pass = Pass::next);
  // The same for samples of a batch, with their lq as input. Throws E_SHAPE when gt is not as large
  // as the output.
  Plan& planFor(const BatchPart& part, const PlanOptions& options, StateBlock weights,
                Pass pass = Pass::next);
  // Memory for activations, one at a time in each place of a slot; it is kept for the next step.
  enum class Scratch { sr, real, work, severities };
  Activation scratch(Scratch slot, size_t place, const Shape& shape);
  // Between a plan's backward() and what follows: to the gradient of the parameters themselves.
  void finishGradient();
  // Adds up the gradients of `count` backward passes, called after each; after the last the
  // gradient is their sum.
  void sumGradients(int index, int count);
  // Gets the memory that sums of several need.
  void reserveGradientSum();
  // The gradient of the last pass, or the sum of those that were added up; device memory.
  float* gradient() { return dataOf(gradient_); }
  // Writes the gradient as Adam scales it, by its second moment; device memory.
  void adamDirection(float* direction);
  // Gets device memory for `count` blocks of all parameters, and that of gradients' sums; kept.
  float* alignmentBlocks(int count);
  // Clips the gradient. Its length before is `norm`; what of the update would not be finite is the
  // result, empty if all is.
  std::string checkUpdate(double learningRate, double& norm);
  void update(double learningRate);

 private:
  void allocateState(size_t bytes);
  void expectCondition(const Shape& shape, size_t count) const;
  // Throw E_NETWORK where there is none.
  float* block(StateBlock id) { return dataOf(state_[static_cast<int>(id)]); }
  float* dataOf(const std::unique_ptr<DeviceMemory>& memory) const;
  AdamBlocks adamBlocks();
  Activation flat(DeviceMemory& memory) const;

  const Graph graph_;
  const TrainerOptions options_;
  const std::unique_ptr<NetworkBackend> backend_;
  std::array<std::unique_ptr<DeviceMemory>, 4> state_;
  std::unique_ptr<DeviceMemory> gradient_, gradientSum_, alignment_;
  int alignmentCount_ = 0;
  struct ScratchMemory {
    std::unique_ptr<DeviceMemory> memory;
    size_t bytes = 0;
  };
  std::array<std::vector<ScratchMemory>, 4> scratch_;  // by slot and place
  // Of what looks at the results of this network, which stay where they are meanwhile.
  const std::shared_ptr<Workspace> judging_ = std::make_shared<Workspace>();
  std::unique_ptr<PerceptualLoss> perceptual_;
  EffectiveWeights effective_;
  PlanCache plans_;
  Profile profile_;
  size_t version_ = 1;                 // of the values of all blocks, and of the effective weights
  const float* parameters_ = nullptr;  // what the last pass computed with
  std::atomic<int64_t> stepCount_{0};
};

}  // namespace evensr
