// The networks that checks and benchmarks run, as src/network/*.ts describes them.
#pragma once

#include <string>
#include <vector>

#include "nn/graph.h"
#include "random_recipes.h"

namespace evensr::driver {

// How a parameter starts.
struct Start {
  enum class Kind { uniform, normal, constant } kind;
  double value;  // U(-value, value), the standard deviation of N(0, value^2), or the value itself
};

struct Network {
  NetworkSpec spec;
  std::vector<Start> starts;  // one a parameter of the spec
};

// SRVGGNetCompact with PReLU.
Network srvgg(int scale, int features, int convolutions);
// MSRResNet, scale 4.
Network msrresnet(int features, int blocks);
// RRDBNet, scale 4.
Network rrdbnet(int features, int blocks, int growth);
// UNetDiscriminatorSN: logits of the input's size, whose sides are multiples of 8.
Network unetDiscriminator(int features);

// First values of all parameters, in the order of the spec's.
std::vector<float> firstWeights(const Network& network, Dice& dice);
// Of the vectors u and v of spectral norms: random ones of length 1.
std::vector<float> firstBuffers(const Network& network, Dice& dice);

}  // namespace evensr::driver
