#include "nn/ops.h"

#include <cmath>

#include "nn/op_checks.h"
#include "nn/ops_resampling.h"

namespace evensr {
namespace {

Shape sameShape(const NodeInfo& node, const std::vector<Shape>& inputs) {
  expectParameters(node, 0, 0);
  return inputs[0];
}

// --- conv2d ---

ConvolutionConfig convolutionConfig(const NodeInfo& node, const Shape& input) {
  const auto& weight = node.parameterShapes[0];
  ConvolutionConfig config;
  config.input = input;
  config.outChannels = weight[0];
  config.kernel = weight[2];
  config.padding = node.integerAttribute("padding", 0, weight[2] - 1);
  config.stride = node.integerAttribute("stride", 1, weight[2]);
  config.bias = node.parameterShapes.size() > 1;
  return config;
}

Shape convolutionShape(const NodeInfo& node, const std::vector<Shape>& inputs) {
  expectParameters(node, 1, 2);
  const auto& weight = node.parameterShapes[0];
  if (weight.size() != 4 || weight[2] != weight[3]) invalid(node, "the weight is not (O, I, k, k)");
  if (weight[1] != inputs[0].c) {
    invalid(node, "the weight is for " + std::to_string(weight[1]) + " channels, the input has " +
                      std::to_string(inputs[0].c));
  }
  if (node.parameterShapes.size() > 1 && node.parameterShapes[1] != std::vector<int>{weight[0]}) {
    invalid(node, "the bias does not have one value a channel");
  }
  const ConvolutionConfig config = convolutionConfig(node, inputs[0]);
  const int least = config.kernel - 2 * config.padding;
  if (inputs[0].h < least || inputs[0].w < least) invalid(node, "the input is too small");
  return config.output();
}

void convolutionForward(NetworkBackend&, const NodeCall& call) {
  call.convolution->forward(call.in[0], call.addend, {call.out, call.unactivated});
}

void convolutionBackward(NetworkBackend& backend, const NodeCall& call) {
  if (!call.dParameters.empty()) {
    float* dBias = call.dParameters.size() > 1 ? call.dParameters[1] : nullptr;
    call.convolution->backwardWeights(call.in[0], call.dOut, call.dParameters[0], dBias);
  }
  const Activation& dIn = call.dIn[0];
  if (!dIn.data) return;
  const PreluGate& gate = call.gate;
  const bool applies = call.convolution->appliesGate();
  call.convolution->backwardData(call.dOut, call.addend, dIn, applies ? gate : PreluGate{});
  if (gate.x.data && !applies) backend.preluBackward(gate.x, gate.slopes, dIn, dIn, gate.dSlopes);
}

Op conv2d() {
  Op op;
  op.name = "conv2d";
  op.backwardReadsInput = true;
  op.takesSlices = true;
  op.addsGradient = true;
  op.inferShape = convolutionShape;
  op.forward = convolutionForward;
  op.backward = convolutionBackward;
  op.convolution = convolutionConfig;
  return op;
}

// --- activations ---

Shape preluShape(const NodeInfo& node, const std::vector<Shape>& inputs) {
  expectParameters(node, 1, 1);
  if (node.parameterShapes[0] != std::vector<int>{inputs[0].c}) {
    invalid(node, "there is not one slope a channel");
  }
  return inputs[0];
}

Op prelu() {
  Op op;
  op.name = "prelu";
  op.inPlaceForward = true;
  op.backwardReadsInput = true;
  op.isPrelu = true;
  op.inferShape = preluShape;
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.prelu(call.in[0], call.parameters[0], call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    float* dSlope = call.dParameters.empty() ? nullptr : call.dParameters[0];
    backend.preluBackward(call.in[0], call.parameters[0], call.dOut, call.dIn[0], dSlope);
  };
  return op;
}

template <float (*slopeOf)(const NodeInfo&)>
Op rectifier(const char* name) {
  Op op;
  op.name = name;
  op.inPlace = true;
  op.backwardReadsOutput = true;
  op.takesSlices = true;
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    slopeOf(node);
    return sameShape(node, inputs);
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.leakyRelu(call.in[0], slopeOf(*call.info), call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.leakyReluBackward(call.out, slopeOf(*call.info), call.dOut, call.dIn[0]);
  };
  op.fusableSlope = slopeOf;
  return op;
}

float noSlope(const NodeInfo&) { return 0; }

float leakySlope(const NodeInfo& node) { return static_cast<float>(node.attribute("slope", 0, 1)); }

// --- add ---

float addScale(const NodeInfo& node) {
  return static_cast<float>(node.attribute("scale", -1e6, 1e6));
}

Op add() {
  Op op;
  op.name = "add";
  op.inputs = 2;
  op.inPlace = true;
  op.takesSlices = true;
  op.fusableScale = addScale;
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    addScale(node);
    if (!(inputs[0] == inputs[1])) invalid(node, "the inputs have different shapes");
    return sameShape(node, inputs);
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.add(call.in[0], call.in[1], addScale(*call.info), call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    if (call.dIn[1].data) backend.scale(call.dOut, addScale(*call.info), call.dIn[1]);
  };
  op.passesGradient = [](const NodeInfo& node, int input) {
    return input == 0 || addScale(node) == 1;
  };
  return op;
}

// --- channels ---

constexpr const char* kScale = "scale";
constexpr const char* kShift = "shift";

Op affine() {
  Op op;
  op.name = "affine";
  op.inPlace = true;
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    node.listAttribute(kScale, inputs[0].c);
    node.listAttribute(kShift, inputs[0].c);
    return sameShape(node, inputs);
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    const int channels = call.out.shape.c;
    backend.affine(call.in[0], call.info->listAttribute(kScale, channels).data(),
                   call.info->listAttribute(kShift, channels).data(), call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    const int channels = call.dOut.shape.c;
    backend.affine(call.dOut, call.info->listAttribute(kScale, channels).data(), nullptr,
                   call.dIn[0]);
  };
  return op;
}

Op concat() {
  Op op;
  op.name = "concat";
  op.inputs = kAnyInputs;
  op.takesSlices = true;
  op.concatenates = true;
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    expectParameters(node, 0, 0);
    Shape result = inputs[0];
    result.c = 0;
    for (const Shape& input : inputs) {
      if (input.h != result.h || input.w != result.w) invalid(node, "the inputs differ in size");
      result.c += input.c;
    }
    return result;
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.concat(call.in, call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.split(call.dOut, call.dIn);
  };
  return op;
}

// --- conditioning ---

Op globalStatistics() {
  Op op;
  op.name = "globalStatistics";
  op.backwardReadsInput = true;
  op.backwardReadsOutput = true;
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    expectParameters(node, 0, 0);
    return Shape{inputs[0].n, 2 * inputs[0].c, 1, 1};
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.globalStatistics(call.in[0], call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.globalStatisticsBackward(call.in[0], call.out, call.dOut, call.dIn[0]);
  };
  return op;
}

Op modulate() {
  Op op;
  op.name = "modulate";
  op.inputs = 2;
  op.inPlace = true;
  op.backwardReadsInput = true;
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    if (!(inputs[1] == Shape{inputs[0].n, 2 * inputs[0].c, 1, 1})) {
      invalid(node, "there is not one scale and one shift a channel");
    }
    return sameShape(node, inputs);
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.modulate(call.in[0], call.in[1], call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.modulateBackward(call.in[0], call.in[1], call.dOut, call.dIn[0], call.dIn[1]);
  };
  return op;
}

}  // namespace

double NodeInfo::attribute(const char* key, double low, double high) const {
  const auto it = attributes.find(key);
  if (it == attributes.end() || it->second.size() != 1 ||
      !(it->second[0] >= low && it->second[0] <= high)) {
    invalid(*this, std::string("attribute ") + key + " is missing or out of range");
  }
  return it->second[0];
}

const std::vector<double>& NodeInfo::listAttribute(const char* key, int count) const {
  const auto it = attributes.find(key);
  if (it == attributes.end() || it->second.size() != static_cast<size_t>(count)) {
    invalid(*this, std::string("attribute ") + key + " is missing or has not " +
                       std::to_string(count) + " numbers");
  }
  return it->second;
}

int NodeInfo::integerAttribute(const char* key, int low, int high) const {
  const double value = attribute(key, low, high);
  if (value != std::floor(value)) {
    invalid(*this, std::string("attribute ") + key + " is not an integer");
  }
  return static_cast<int>(value);
}

const std::vector<Op>& opTable() {
  static const std::vector<Op> table = {
      conv2d(),
      prelu(),
      rectifier<noSlope>("relu"),
      rectifier<leakySlope>("leakyRelu"),
      add(),
      affine(),
      concat(),
      globalStatistics(),
      modulate(),
      pixelShuffle(),
      pixelUnshuffle(),
      maxPool(),
      upsampleNearest(),
      upsampleBilinear(),
  };
  return table;
}

const Op* findOp(const std::string& name) {
  for (const Op& op : opTable()) {
    if (name == op.name) return &op;
  }
  return nullptr;
}

}  // namespace evensr
