// A network at one input shape: memory planned, operators prepared, forward down and backward up.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "network_backend.h"
#include "nn/graph.h"
#include "nn/profile.h"

namespace evensr {

struct PlanOptions {
  bool backward = false;
  // With backward: what gradients are wanted of.
  bool inputGradient = false;
  bool parameterGradients = true;
  // Without backward: the graph's condition is given, as of another picture, and not computed.
  bool givenCondition = false;

  bool operator==(const PlanOptions& o) const {
    return backward == o.backward && inputGradient == o.inputGradient &&
           parameterGradients == o.parameterGradients && givenCondition == o.givenCondition;
  }
};

// A pass of training, and one of a network that judges another: its gradients are those of what it
// looks at.
constexpr PlanOptions kTrainingPass{true, false, true};
constexpr PlanOptions kJudgingPass{true, true, false};

class Plan {
 public:
  // Throws E_NETWORK when the shape does not fit the network, std::bad_alloc.
  Plan(const Graph& graph, NetworkBackend& backend, const Shape& input, const PlanOptions& options);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // What all activations take together.
  size_t bytes() const { return bytes_; }
  // From now on the activations lie there; nothing of them is kept. To be called before all else.
  void moveTo(void* memory);

  const Activation& input() const { return input_; }
  // To be filled before forward(), where the options say so; else it has no data.
  const Activation& condition() const { return condition_; }
  // In the order of graph.outputTensors().
  const std::vector<Activation>& outputs() const { return outputs_; }
  // To be filled between forward() and backward().
  const std::vector<Activation>& outputGradients() const { return outputGradients_; }
  // The only ones, of most networks.
  const Activation& output() const { return outputs_.back(); }
  const Activation& outputGradient() const { return outputGradients_.back(); }
  const Activation& inputGradient() const { return inputGradient_; }

  // Flat device blocks: `parameters` is read now and until the next call, `gradients` is written by
  // backward() (null in a plan without backward). Call again when the values change.
  void setWeights(const float* parameters, float* gradients);
  void forward() { run(forward_); }
  void backward() { run(backward_); }
  // Times every operator from now on; null: none.
  void watch(Profile* profile) { profile_ = profile; }

 private:
  using Run = void (*)(NetworkBackend& backend, const NodeCall& call);
  struct Step {
    Run run;
    int node;   // -1: sums two gradients
    int prelu;  // the node of the PReLU whose work a convolution does, too; -1: none
    NodeCall call;
  };

  void run(const std::vector<Step>& steps);
  template <class Visit>
  void forEachActivation(const Visit& visit);

  const Graph& graph_;
  NetworkBackend& backend_;
  Profile* profile_ = nullptr;
  std::vector<std::unique_ptr<Convolution>> convolutions_;  // by node
  size_t bytes_ = 0;
  uintptr_t place_;  // address of the memory
  Activation input_, condition_, inputGradient_;
  std::vector<Activation> outputs_, outputGradients_;
  std::vector<Step> forward_, backward_;
};

}  // namespace evensr
