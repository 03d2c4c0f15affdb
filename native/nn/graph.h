// The network as described by src/network/spec.ts, and the same checked and with names resolved.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "network_backend.h"
#include "nn/ops.h"

namespace evensr {

struct NodeSpec {
  std::string name, op;
  std::vector<std::string> inputs, parameters;
  Attributes attributes;
};

struct ParameterSpec {
  std::string name;
  std::vector<int> shape;
  // Names of the buffers u and v of a spectrally normalised parameter; empty for others.
  std::string u, v;
  // Where Graph keeps u, v being the next; -1 for a parameter that is used as it is.
  int spectralBuffers = -1;
};

// State that is no parameter.
struct BufferSpec {
  std::string name;
  int length = 0;
};

struct NetworkSpec {
  double scale = 1;  // output size / input size; 0: one pixel for any input
  int inputChannels = 3;
  std::string output;
  std::vector<std::string> features;  // all results of a feature extractor; empty: output only
  // Names of nodes; empty: there is none.
  std::string condition;  // what of the whole picture the network goes by
  std::string estimate;   // a guess at the damage, which a training step compares with the truth
  std::vector<ParameterSpec> parameters;
  std::vector<NodeSpec> nodes;
};

// Tensor 0 is the network's input, tensor i + 1 is made by node i.
struct Node {
  const Op* op = nullptr;
  NodeInfo info;
  std::vector<int> inputs;      // tensors
  std::vector<int> parameters;  // indices into Graph::parameters
};

class Graph {
 public:
  // Throws E_NETWORK when the description is not a network: unknown operators or names, a node
  // before its input, nodes and parameters that nothing uses, shapes that do not fit.
  explicit Graph(const NetworkSpec& spec);

  int inputChannels() const { return inputChannels_; }
  int outputTensor() const { return outputs_.back(); }
  // The features in rising order; or the output, after the estimate if there is one.
  const std::vector<int>& outputTensors() const { return outputs_; }
  // Or -1.
  int conditionTensor() const { return condition_; }
  bool hasEstimate() const { return hasEstimate_; }
  bool isFeatureExtractor() const { return outputs_.size() > 1 && !hasEstimate_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<ParameterSpec>& parameters() const { return parameters_; }
  // Where each parameter lies in a flat block, in the order of parameters().
  const std::vector<TensorRange>& ranges() const { return ranges_; }
  size_t parameterCount() const { return parameterCount_; }
  // u and v of each spectrally normalised parameter, in the parameters' order.
  const std::vector<BufferSpec>& buffers() const { return buffers_; }
  const std::vector<TensorRange>& bufferRanges() const { return bufferRanges_; }
  size_t bufferCount() const { return bufferCount_; }

  // The shapes of all tensors for one input shape. Throws E_NETWORK when they do not fit.
  std::vector<Shape> shapes(const Shape& input) const;

 private:
  void layOutParameters();
  void layOutBuffers();
  void addBuffer(const std::string& name, size_t length);
  void findOutputs(const NetworkSpec& spec, const std::map<std::string, int>& tensors);
  void checkScale() const;
  void rejectUnusedNodes() const;
  Node resolve(const NodeSpec& node, const std::map<std::string, int>& tensors,
               std::map<std::string, int>& unusedParameters) const;

  double scale_;
  int inputChannels_;
  std::vector<int> outputs_;
  int condition_ = -1;
  bool hasEstimate_ = false;
  std::vector<ParameterSpec> parameters_;
  std::vector<TensorRange> ranges_;
  size_t parameterCount_ = 0;
  std::vector<BufferSpec> buffers_;
  std::vector<TensorRange> bufferRanges_;
  size_t bufferCount_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace evensr
