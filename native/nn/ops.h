// The table of operators: what the engine knows about each, in one row.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "network_backend.h"

namespace evensr {

// A number is a list of one.
using Attributes = std::map<std::string, std::vector<double>>;

constexpr int kAnyInputs = -1;  // one or more

// What an operator may know of its node before it runs.
struct NodeInfo {
  std::string name;
  Attributes attributes;
  std::vector<std::vector<int>> parameterShapes;

  // Throws E_NETWORK when missing, a list or outside [low, high].
  double attribute(const char* key, double low, double high) const;
  int integerAttribute(const char* key, int low, int high) const;
  // A list. Throws E_NETWORK when missing or not of `count` numbers.
  const std::vector<double>& listAttribute(const char* key, int count) const;
};

// One execution of a node. Activations without data are not wanted.
struct NodeCall {
  const NodeInfo* info = nullptr;
  Convolution* convolution = nullptr;  // of a conv2d node
  std::vector<Activation> in;
  Activation out;               // not filled in backward unless backwardReadsOutput
  Activation dOut;              // backward only, as dIn
  std::vector<Activation> dIn;  // overwritten
  Activation addend;            // of a conv2d node: what is added to the result, or to dIn[0]
  Activation unactivated;       // of a conv2d node that does a PReLU's work: the PReLU's input
  PreluGate gate;               // of a conv2d node in backward: the PReLU before it
  std::vector<const float*> parameters;
  std::vector<float*> dParameters;  // overwritten; empty: not wanted
};

struct Op {
  const char* name = nullptr;
  int inputs = 1;  // or kAnyInputs
  // The result may take the memory of an input, and the gradient of an input that of the result's
  // gradient, once nobody else needs what is there.
  bool inPlace = false;
  // The same, but only where there is no backward pass, which needs the input.
  bool inPlaceForward = false;
  bool backwardReadsInput = false, backwardReadsOutput = false;
  // Activations may be slices of channels.
  bool takesSlices = false;
  // The result is the inputs, side by side.
  bool concatenates = false;
  // Backward adds to the gradient of its input what it is given as addend.
  bool addsGradient = false;
  // Throws E_NETWORK, naming the node, when attributes, parameters and inputs do not fit.
  Shape (*inferShape)(const NodeInfo& node, const std::vector<Shape>& inputs) = nullptr;
  void (*forward)(NetworkBackend& backend, const NodeCall& call) = nullptr;
  void (*backward)(NetworkBackend& backend, const NodeCall& call) = nullptr;

  // The convolution a node needs; null for operators that need none.
  ConvolutionConfig (*convolution)(const NodeInfo& node, const Shape& input) = nullptr;
  // x > 0 ? x : slope x with a parameter for each channel. A convolution can apply it itself, and
  // can take the gradient of its own input through it.
  bool isPrelu = false;
  // The slope of x > 0 ? x : slope x, which a convolution can apply itself; null for other
  // operators.
  float (*fusableSlope)(const NodeInfo& node) = nullptr;
  // The factor s of x + s y, which the convolution that makes an input can do itself; null for
  // other operators.
  float (*fusableScale)(const NodeInfo& node) = nullptr;
  // Whether the gradient of an input is the result's gradient unchanged; null: never.
  bool (*passesGradient)(const NodeInfo& node, int input) = nullptr;
};

// The names are those of OpName in src/network/spec.ts.
const std::vector<Op>& opTable();

// The operator with that name, or null.
const Op* findOp(const std::string& name);

}  // namespace evensr
