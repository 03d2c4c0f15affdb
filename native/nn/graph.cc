#include "nn/graph.h"

#include <cstdio>

#include "error.h"

namespace evensr {
namespace {

constexpr const char* kInputName = "input";
constexpr int kMaxSide = 1 << 20;
constexpr double kMaxElements = 1e11;

[[noreturn]] void invalid(const std::string& what) { throw CodedError("E_NETWORK", what); }

}  // namespace

Graph::Graph(const NetworkSpec& spec)
    : scale_(spec.scale), inputChannels_(spec.inputChannels), parameters_(spec.parameters) {
  layOutParameters();
  layOutBuffers();
  std::map<std::string, int> unused, tensors{{kInputName, 0}};
  for (size_t i = 0; i < parameters_.size(); i++) {
    if (!unused.emplace(parameters_[i].name, i).second) {
      invalid("two parameters are called " + parameters_[i].name);
    }
  }
  for (const NodeSpec& node : spec.nodes) {
    nodes_.push_back(resolve(node, tensors, unused));
    if (!tensors.emplace(node.name, static_cast<int>(nodes_.size())).second) {
      invalid("two nodes are called " + node.name);
    }
  }
  if (!unused.empty()) invalid("no node uses parameter " + unused.begin()->first);
  findOutputs(spec, tensors);
  rejectUnusedNodes();
  checkScale();
}

void Graph::checkScale() const {
  const Shape probe{1, inputChannels_, 64, 64};
  const Shape result = shapes(probe)[outputTensor()];
  if (scale_ == 0) {
    if (result.h != 1 || result.w != 1) invalid("the output is not one pixel");
  } else if (result.h != probe.h * scale_ || result.w != probe.w * scale_) {
    char scale[32];
    std::snprintf(scale, sizeof scale, "%g", scale_);
    invalid("the output is not " + std::string(scale) + " times as large as the input");
  }
}

void Graph::layOutParameters() {
  for (const ParameterSpec& parameter : parameters_) {
    double count = 1;
    for (const int size : parameter.shape) count *= size;
    if (!(count > 0 && count + parameterCount_ < kMaxElements)) {
      invalid("the shape of parameter " + parameter.name + " is impossible");
    }
    ranges_.push_back({parameterCount_, static_cast<size_t>(count)});
    parameterCount_ += static_cast<size_t>(count);
  }
}

void Graph::layOutBuffers() {
  for (size_t i = 0; i < parameters_.size(); i++) {
    ParameterSpec& parameter = parameters_[i];
    if (parameter.u.empty()) continue;
    const size_t rows = parameter.shape.empty() ? 1 : parameter.shape[0];
    parameter.spectralBuffers = static_cast<int>(buffers_.size());
    addBuffer(parameter.u, rows);
    addBuffer(parameter.v, ranges_[i].count / rows);
  }
}

void Graph::addBuffer(const std::string& name, size_t length) {
  buffers_.push_back({name, static_cast<int>(length)});
  bufferRanges_.push_back({bufferCount_, length});
  bufferCount_ += length;
}

Node Graph::resolve(const NodeSpec& spec, const std::map<std::string, int>& tensors,
                    std::map<std::string, int>& unusedParameters) const {
  Node node;
  node.op = findOp(spec.op);
  if (!node.op) invalid("node " + spec.name + ": unknown operator " + spec.op);
  const int inputs = static_cast<int>(spec.inputs.size());
  if (node.op->inputs == kAnyInputs ? inputs < 1 : inputs != node.op->inputs) {
    invalid("node " + spec.name + ": wrong number of inputs");
  }
  for (const std::string& input : spec.inputs) {
    const auto it = tensors.find(input);
    if (it == tensors.end()) invalid("node " + spec.name + ": no earlier node is called " + input);
    node.inputs.push_back(it->second);
  }
  node.info.name = spec.name;
  node.info.attributes = spec.attributes;
  for (const std::string& parameter : spec.parameters) {
    const auto it = unusedParameters.find(parameter);
    if (it == unusedParameters.end()) {
      invalid("node " + spec.name + ": parameter " + parameter + " is missing or used twice");
    }
    node.parameters.push_back(it->second);
    node.info.parameterShapes.push_back(parameters_[it->second].shape);
    unusedParameters.erase(it);
  }
  return node;
}

void Graph::findOutputs(const NetworkSpec& spec, const std::map<std::string, int>& tensors) {
  std::vector<std::string> names = spec.features;
  if (names.empty()) names = {spec.output};
  hasEstimate_ = !spec.estimate.empty();
  if (hasEstimate_) names.insert(names.begin(), spec.estimate);
  if (!spec.condition.empty()) {
    const auto condition = tensors.find(spec.condition);
    if (condition == tensors.end() || condition->second == 0) {
      invalid("no node makes the condition " + spec.condition);
    }
    condition_ = condition->second;
  }
  for (const std::string& name : names) {
    const auto output = tensors.find(name);
    if (output == tensors.end() || output->second == 0) invalid("no node makes the output " + name);
    if (!outputs_.empty() && output->second <= outputs_.back()) {
      invalid("the features are not in the order of their nodes");
    }
    outputs_.push_back(output->second);
  }
}

// Its parameters would never get a gradient.
void Graph::rejectUnusedNodes() const {
  std::vector<bool> used(nodes_.size() + 1);
  for (const int output : outputs_) used[output] = true;
  for (size_t node = nodes_.size(); node-- > 0;) {
    if (!used[node + 1]) invalid("node " + nodes_[node].info.name + ": nothing uses its result");
    for (const int tensor : nodes_[node].inputs) used[tensor] = true;
  }
}

std::vector<Shape> Graph::shapes(const Shape& input) const {
  std::vector<Shape> shapes{input};
  for (const Node& node : nodes_) {
    std::vector<Shape> inputs;
    for (const int tensor : node.inputs) inputs.push_back(shapes[tensor]);
    const Shape shape = node.op->inferShape(node.info, inputs);
    const double elements = static_cast<double>(shape.n) * shape.c * shape.h * shape.w;
    if (shape.c < 1 || shape.h < 1 || shape.w < 1 || shape.h > kMaxSide || shape.w > kMaxSide ||
        elements > kMaxElements) {
      invalid("node " + node.info.name + ": the result would be " + std::to_string(shape.c) +
              " channels of " + std::to_string(shape.h) + "x" + std::to_string(shape.w));
    }
    shapes.push_back(shape);
  }
  return shapes;
}

}  // namespace evensr
