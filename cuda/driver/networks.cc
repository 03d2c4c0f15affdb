#include "networks.h"

#include <cmath>

#include "network_specs.h"

namespace evensr::driver {
namespace {

constexpr double kPi = 3.14159265358979323846;

// First values of a convolution's weight and bias, by its fan-in (src/network/builder.ts).
struct ConvStart {
  Start weight, bias;
};

ConvStart torchStart(int fanIn) {
  const Start start{Start::Kind::uniform, 1 / std::sqrt(fanIn)};
  return {start, start};
}

// He et al. 2015, a tenth of it, as residual branches start.
ConvStart tenthStart(int fanIn) {
  return {{Start::Kind::normal, 0.1 * std::sqrt(2.0 / fanIn)}, {Start::Kind::constant, 0}};
}

using Shape2d = SpecBuilder::Convolution;

constexpr Shape2d kSame{3, 1, 1, false, true}, kHalving{4, 1, 2, false, true};

// Knows how the parameters that it adds start.
class Builder : public SpecBuilder {
 public:
  using ConvStarts = ConvStart (*)(int fanIn);

  std::string conv(const std::string& name, const std::string& input, int channels,
                   ConvStarts start, const Shape2d& shape = {}) {
    const ConvStart starts = start(channelsOf(input) * shape.kernel * shape.kernel);
    starts_.push_back(starts.weight);
    if (shape.bias) starts_.push_back(starts.bias);
    return SpecBuilder::conv(name, input, channels, shape);
  }

  std::string prelu(const std::string& name, const std::string& input) {
    starts_.push_back({Start::Kind::constant, 0.25});
    return SpecBuilder::prelu(name, input);
  }

  std::string leaky(const std::string& name, const std::string& input, double slope) {
    return node(name, "leakyRelu", {input}, {{"slope", {slope}}});
  }

  // a + scale b.
  std::string add(const std::string& name, const std::string& a, const std::string& b,
                  double scale = 1) {
    return node(name, "add", {a, b}, {{"scale", {scale}}});
  }

  std::string concat(const std::string& name, const std::vector<std::string>& inputs) {
    int channels = 0;
    for (const std::string& input : inputs) channels += channelsOf(input);
    return node(name, "concat", inputs, {}, channels);
  }

  Network finish(double scale, const std::string& output) {
    return {build(scale, output), starts_};
  }

 private:
  std::vector<Start> starts_;
};

std::string denseBlock(Builder& graph, const std::string& name, const std::string& input,
                       int features, int growth) {
  std::vector<std::string> seen{input};
  for (int layer = 1;; layer++) {
    const std::string conv = name + ".conv" + std::to_string(layer);
    const std::string all =
        layer == 1 ? input : graph.concat(name + ".cat" + std::to_string(layer), seen);
    if (layer == 5) {
      return graph.add(name, input, graph.conv(conv, all, features, tenthStart), 0.2);
    }
    seen.push_back(graph.leaky(conv + ".act", graph.conv(conv, all, growth, tenthStart), 0.2));
  }
}

double normal(Dice& dice) {
  const double radius = std::sqrt(-2 * std::log(1 - dice.uniform()));
  return radius * std::cos(2 * kPi * dice.uniform());
}

double draw(const Start& start, Dice& dice) {
  switch (start.kind) {
    case Start::Kind::uniform:
      return dice.between(-start.value, start.value);
    case Start::Kind::normal:
      return start.value * normal(dice);
    case Start::Kind::constant:
      break;
  }
  return start.value;
}

}  // namespace

Network srvgg(int scale, int features, int convolutions) {
  Builder graph;
  std::string x = "input";
  for (int layer = 0; layer <= convolutions; layer++) {
    x = graph.conv("body." + std::to_string(2 * layer), x, features, torchStart);
    x = graph.prelu("body." + std::to_string(2 * layer + 1), x);
  }
  const std::string last = "body." + std::to_string(2 * (convolutions + 1));
  x = graph.conv(last, x, 3 * scale * scale, torchStart);
  x = graph.shuffle("upsampler", x, scale);
  const std::string base = graph.upsample("base", "input", "upsampleNearest", scale);
  return graph.finish(scale, graph.add("output", x, base));
}

Network msrresnet(int features, int blocks) {
  Builder graph;
  std::string x = graph.conv("conv_first", "input", features, tenthStart);
  x = graph.leaky("conv_first.act", x, 0.1);
  for (int block = 0; block < blocks; block++) {
    const std::string name = "body." + std::to_string(block);
    std::string residual = graph.conv(name + ".conv1", x, features, tenthStart);
    residual = graph.node(name + ".act", "relu", {residual});
    x = graph.add(name, x, graph.conv(name + ".conv2", residual, features, tenthStart));
  }
  for (const std::string name : {"upconv1", "upconv2"}) {
    x = graph.conv(name, x, 4 * features, tenthStart);
    x = graph.leaky(name + ".act", graph.shuffle(name + ".shuffle", x, 2), 0.1);
  }
  x = graph.leaky("conv_hr.act", graph.conv("conv_hr", x, features, tenthStart), 0.1);
  x = graph.conv("conv_last", x, 3, tenthStart);
  const std::string base = graph.upsample("base", "input", "upsampleBilinear", 4);
  return graph.finish(4, graph.add("output", x, base));
}

Network rrdbnet(int features, int blocks, int growth) {
  Builder graph;
  const std::string first = graph.conv("conv_first", "input", features, torchStart);
  std::string x = first;
  for (int block = 0; block < blocks; block++) {
    const std::string name = "body." + std::to_string(block);
    std::string y = x;
    for (const char* part : {".rdb1", ".rdb2", ".rdb3"}) {
      y = denseBlock(graph, name + part, y, features, growth);
    }
    x = graph.add(name, x, y, 0.2);
  }
  x = graph.add("body.out", first, graph.conv("conv_body", x, features, torchStart));
  for (const std::string name : {"conv_up1", "conv_up2"}) {
    x = graph.upsample(name + ".nearest", x, "upsampleNearest", 2);
    x = graph.leaky(name + ".act", graph.conv(name, x, features, torchStart), 0.2);
  }
  x = graph.leaky("conv_hr.act", graph.conv("conv_hr", x, features, torchStart), 0.2);
  return graph.finish(4, graph.conv("conv_last", x, 3, torchStart));
}

Network unetDiscriminator(int features) {
  Builder graph;
  const auto layer = [&](const std::string& name, const std::string& input, int channels,
                         const Shape2d& shape) {
    const std::string x = graph.conv(name, input, channels, torchStart, shape);
    return graph.leaky(name + ".act", x, 0.2);
  };
  const auto up = [&](const std::string& name, const std::string& input, int channels,
                      const std::string& skip) {
    const std::string large = graph.upsample(name + ".up", input, "upsampleBilinear", 2);
    return graph.add(name + ".skip", layer(name, large, channels, kSame), skip);
  };
  const std::string x0 = layer("conv0", "input", features, {});
  const std::string x1 = layer("conv1", x0, 2 * features, kHalving);
  const std::string x2 = layer("conv2", x1, 4 * features, kHalving);
  std::string x = layer("conv3", x2, 8 * features, kHalving);
  x = up("conv4", x, 4 * features, x2);
  x = up("conv5", x, 2 * features, x1);
  x = up("conv6", x, features, x0);
  x = layer("conv8", layer("conv7", x, features, kSame), features, kSame);
  return graph.finish(1, graph.conv("conv9", x, 1, torchStart));
}

std::vector<float> firstWeights(const Network& network, Dice& dice) {
  std::vector<float> weights;
  for (size_t p = 0; p < network.starts.size(); p++) {
    size_t count = 1;
    for (const int side : network.spec.parameters[p].shape) count *= side;
    for (size_t i = 0; i < count; i++) {
      weights.push_back(static_cast<float>(draw(network.starts[p], dice)));
    }
  }
  return weights;
}

std::vector<float> firstBuffers(const Network& network, Dice& dice) {
  std::vector<float> values;
  const Graph graph(network.spec);
  for (const BufferSpec& buffer : graph.buffers()) {
    std::vector<double> vector(buffer.length);
    double square = 0;
    for (double& value : vector) {
      value = normal(dice);
      square += value * value;
    }
    for (const double value : vector)
      values.push_back(static_cast<float>(value / std::sqrt(square)));
  }
  return values;
}

}  // namespace evensr::driver
