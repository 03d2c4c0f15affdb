#include "network_specs.h"

#include <cmath>

namespace evensr::driver {
namespace {

constexpr int kFeatures = 8;

std::string leaky(SpecBuilder& graph, const std::string& input, double slope) {
  return graph.node(input + ".act", "leakyRelu", {input}, {{"slope", {slope}}});
}

std::string add(SpecBuilder& graph, const std::string& name, const std::string& a,
                const std::string& b, double scale = 1) {
  return graph.node(name, "add", {a, b}, {{"scale", {scale}}});
}

// What changes the hidden layers of a conditioned network.
struct Conditioning {
  SpecBuilder& graph;
  bool isWanted;
  std::string known = "";

  void begin() {
    if (!isWanted) return;
    graph.conv("condition.filters", "input", 4);
    graph.node("statistics", "globalStatistics", {"condition.filters"}, {}, 8);
    graph.conv("condition.hidden", "statistics", 6, {1, 0});
    known = graph.node("condition.act", "relu", {"condition.hidden"});
    graph.conv("estimate", known, 2, {1, 0});
    graph.spec.condition = "statistics";
    graph.spec.estimate = "estimate";
  }
  std::string modulate(const std::string& x) const {
    if (!isWanted) return x;
    const std::string change = graph.conv(x + ".change", known, 2 * graph.channelsOf(x), {1, 0});
    return graph.node(x + ".modulated", "modulate", {x, change});
  }
};

std::string denseBlock(SpecBuilder& graph, const std::string& name, const std::string& input) {
  constexpr int kGrown = 4, kLayers = 4;
  std::vector<std::string> seen{input};
  std::string x = input;
  for (int layer = 1; layer <= kLayers; layer++) {
    const std::string conv = name + ".conv" + std::to_string(layer);
    seen.push_back(leaky(graph, graph.conv(conv, x, kGrown), 0.2));
    x = graph.node(conv + ".cat", "concat", seen, {}, kFeatures + layer * kGrown);
  }
  return add(graph, name, input, graph.conv(name + ".last", x, kFeatures), 0.2);
}

}  // namespace

SpecBuilder::SpecBuilder() { channels_["input"] = spec.inputChannels = 3; }

std::string SpecBuilder::conv(const std::string& name, const std::string& input, int channels,
                              const Convolution& options) {
  ParameterSpec weight;
  weight.name = name + ".weight";
  weight.shape = {channels, channels_.at(input), options.kernel, options.kernel};
  if (options.spectralNorm) {
    weight.u = name + ".u";
    weight.v = name + ".v";
  }
  std::vector<std::string> parameters{weight.name};
  spec.parameters.push_back(weight);
  if (options.bias) {
    ParameterSpec bias;
    bias.name = name + ".bias";
    bias.shape = {channels};
    parameters.push_back(bias.name);
    spec.parameters.push_back(bias);
  }
  const Attributes attributes{{"padding", {double(options.padding)}},
                              {"stride", {double(options.stride)}}};
  spec.nodes.push_back({name, "conv2d", {input}, parameters, attributes});
  channels_[name] = channels;
  return name;
}

std::string SpecBuilder::prelu(const std::string& name, const std::string& input) {
  ParameterSpec slope;
  slope.name = name + ".slope";
  slope.shape = {channels_.at(input)};
  spec.parameters.push_back(slope);
  spec.nodes.push_back({name, "prelu", {input}, {slope.name}, {}});
  channels_[name] = channels_.at(input);
  return name;
}

std::string SpecBuilder::node(const std::string& name, const std::string& op,
                              const std::vector<std::string>& inputs, const Attributes& attributes,
                              int channels) {
  spec.nodes.push_back({name, op, inputs, {}, attributes});
  channels_[name] = channels;
  return name;
}

std::string SpecBuilder::upsample(const std::string& name, const std::string& input,
                                  const char* mode, int factor) {
  return node(name, mode, {input}, {{"factor", {double(factor)}}});
}

std::string SpecBuilder::shuffle(const std::string& name, const std::string& input, int factor) {
  return node(name, "pixelShuffle", {input}, {{"factor", {double(factor)}}},
              channels_.at(input) / factor / factor);
}

NetworkSpec SpecBuilder::build(double scale, const std::string& output) {
  spec.scale = scale;
  spec.output = output;
  return spec;
}

NetworkSpec srvggSpec(bool conditioned) {
  SpecBuilder graph;
  Conditioning condition{graph, conditioned};
  condition.begin();
  std::string x = "input";
  for (int layer = 0; layer < 2; layer++) {
    const std::string name = "body." + std::to_string(layer);
    x = condition.modulate(graph.prelu(name + ".act", graph.conv(name, x, kFeatures)));
  }
  x = graph.shuffle("shuffle", graph.conv("last", x, 48), 4);
  const std::string base = graph.upsample("base", "input", "upsampleNearest", 4);
  return graph.build(4, add(graph, "output", x, base));
}

NetworkSpec msrresnetSpec() {
  SpecBuilder graph;
  std::string x = leaky(graph, graph.conv("first", "input", kFeatures), 0.1);
  for (int block = 0; block < 2; block++) {
    const std::string name = "body." + std::to_string(block);
    const std::string inner = graph.conv(name + ".conv1", x, kFeatures);
    const std::string active = graph.node(name + ".relu", "relu", {inner});
    x = add(graph, name, x, graph.conv(name + ".conv2", active, kFeatures));
  }
  x = graph.shuffle("shuffle", graph.conv("up", x, 4 * kFeatures), 2);
  x = graph.conv("last", leaky(graph, x, 0.1), 3);
  const std::string base = graph.upsample("base", "input", "upsampleBilinear", 2);
  return graph.build(2, add(graph, "output", x, base));
}

NetworkSpec edsrSpec() {
  SpecBuilder graph;
  const std::string centred = graph.node("normalize", "affine", {"input"},
                                         {{"scale", {2, 2, 2}}, {"shift", {-0.9, -0.87, -0.81}}});
  const std::string first = graph.conv("first", centred, kFeatures);
  const std::string inner =
      graph.node("relu", "relu", {graph.conv("body.conv1", first, kFeatures)});
  std::string x = add(graph, "body", first, graph.conv("body.conv2", inner, kFeatures), 0.1);
  x = add(graph, "skip", graph.conv("after", x, kFeatures), first);
  x = graph.conv("last", graph.shuffle("shuffle", graph.conv("up", x, 4 * kFeatures), 2), 3);
  return graph.build(2, graph.node("output", "affine", {x},
                                   {{"scale", {0.5, 0.5, 0.5}}, {"shift", {0.45, 0.44, 0.4}}}));
}

NetworkSpec rrdbnetSpec() {
  SpecBuilder graph;
  const std::string few =
      graph.node("unshuffle", "pixelUnshuffle", {"input"}, {{"factor", {2}}}, 12);
  const std::string first = graph.conv("first", few, kFeatures);
  std::string x = first;
  x = denseBlock(graph, "rdb", x);
  x = add(graph, "rrdb", first, x, 0.2);
  x = add(graph, "body.out", first, graph.conv("body", x, kFeatures));
  for (const std::string name : {"up1", "up2"}) {
    x = graph.upsample(name + ".nearest", x, "upsampleNearest", 2);
    x = leaky(graph, graph.conv(name, x, kFeatures), 0.2);
  }
  return graph.build(2, graph.conv("last", x, 3));
}

NetworkSpec unetDiscriminatorSpec() {
  constexpr SpecBuilder::Convolution kHalving{4, 1, 2, false, true}, kSame{3, 1, 1, false, true};
  SpecBuilder graph;
  const auto layer = [&](const std::string& name, const std::string& input, int channels,
                         const SpecBuilder::Convolution& options) {
    return leaky(graph, graph.conv(name, input, channels, options), 0.2);
  };
  const auto up = [&](const std::string& name, const std::string& input, int channels,
                      const std::string& skip) {
    const std::string large = graph.upsample(name + ".up", input, "upsampleBilinear", 2);
    return add(graph, name + ".skip", layer(name, large, channels, kSame), skip);
  };
  const std::string x0 = layer("conv0", "input", 4, {});
  const std::string x1 = layer("conv1", x0, 8, kHalving);
  const std::string x2 = layer("conv2", x1, 12, kHalving);
  const std::string x3 = layer("conv3", x2, 16, kHalving);
  std::string x = up("conv4", x3, 12, x2);
  x = up("conv5", x, 8, x1);
  x = up("conv6", x, 4, x0);
  return graph.build(1, graph.conv("conv9", layer("conv7", x, 4, kSame), 1));
}

NetworkSpec featuresSpec() {
  SpecBuilder graph;
  std::string x = graph.node("normalize", "affine", {"input"},
                             {{"scale", {4.4, 4.5, 4.4}}, {"shift", {-2.1, -2.0, -1.8}}});
  x = graph.node("relu1", "relu", {graph.conv("conv1_1", x, kFeatures)});
  const std::string first = graph.conv("conv1_2", x, kFeatures);
  x = graph.node("pool", "maxPool", {graph.node("relu2", "relu", {first})},
                 {{"size", {2}}, {"stride", {2}}, {"padding", {0}}});
  const std::string second = graph.conv("conv2_1", x, 2 * kFeatures);
  graph.spec.features = {first, second};
  return graph.build(0.5, second);
}

std::vector<float> someParameters(Dice& dice, const NetworkSpec& spec) {
  std::vector<float> values;
  for (const ParameterSpec& parameter : spec.parameters) {
    size_t count = 1, fan = 1;
    for (size_t i = 0; i < parameter.shape.size(); i++) {
      count *= parameter.shape[i];
      if (i > 0) fan *= parameter.shape[i];
    }
    // Slopes and biases between -0.25 and 0.25.
    const double bound = parameter.shape.size() > 1 ? std::sqrt(6.0 / fan) : 0.25;
    for (size_t i = 0; i < count; i++) {
      values.push_back(static_cast<float>(dice.between(-bound, bound)));
    }
  }
  return values;
}

// Of length 1, as spectral norms keep them.
std::vector<float> someBuffers(Dice& dice, const NetworkSpec& spec) {
  std::vector<float> values;
  const Graph graph(spec);
  for (const BufferSpec& buffer : graph.buffers()) {
    std::vector<double> direction;
    double squares = 0;
    for (int i = 0; i < buffer.length; i++) {
      direction.push_back(dice.between(-1, 1));
      squares += direction.back() * direction.back();
    }
    for (const double value : direction) {
      values.push_back(static_cast<float>(value / std::sqrt(squares)));
    }
  }
  return values;
}

}  // namespace evensr::driver
