// Small networks of the architectures that evensr trains, described as src/network describes them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/graph.h"
#include "random_recipes.h"

namespace evensr::driver {

// Builds a NetworkSpec node by node; every method returns the name of the tensor it makes.
class SpecBuilder {
 public:
  struct Convolution {
    int kernel = 3, padding = 1, stride = 1;
    bool bias = true, spectralNorm = false;
  };
  SpecBuilder();
  std::string conv(const std::string& name, const std::string& input, int channels,
                   const Convolution& options);
  std::string conv(const std::string& name, const std::string& input, int channels) {
    return conv(name, input, channels, Convolution{});
  }
  std::string prelu(const std::string& name, const std::string& input);
  // Any other operator; `channels` of the result.
  std::string node(const std::string& name, const std::string& op,
                   const std::vector<std::string>& inputs, const Attributes& attributes,
                   int channels);
  // One that has as many channels as its first input.
  std::string node(const std::string& name, const std::string& op,
                   const std::vector<std::string>& inputs, const Attributes& attributes = {}) {
    return node(name, op, inputs, attributes, channels_.at(inputs[0]));
  }
  std::string upsample(const std::string& name, const std::string& input, const char* mode,
                       int factor);
  std::string shuffle(const std::string& name, const std::string& input, int factor);
  int channelsOf(const std::string& tensor) const { return channels_.at(tensor); }
  NetworkSpec build(double scale, const std::string& output);
  NetworkSpec spec;  // to be completed: features, condition, estimate

 private:
  std::map<std::string, int> channels_;
};

// Scale 4, and with a condition an estimate of two numbers.
NetworkSpec srvggSpec(bool conditioned);
NetworkSpec msrresnetSpec();  // scale 2
NetworkSpec edsrSpec();       // scale 2
NetworkSpec rrdbnetSpec();    // scale 2, of input sides that are multiples of 2
// With spectral norms; sides must be multiples of 8.
NetworkSpec unetDiscriminatorSpec();
// Two layers of features with a pooling between.
NetworkSpec featuresSpec();

// Random first values of a network's parameters (He et al. 2015) and of its buffers.
std::vector<float> someParameters(Dice& dice, const NetworkSpec& spec);
std::vector<float> someBuffers(Dice& dice, const NetworkSpec& spec);

}  // namespace evensr::driver
