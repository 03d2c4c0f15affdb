#include "nn/fusion.h"

namespace evensr {
namespace {

std::vector<int> countConsumers(const Graph& graph) {
  std::vector<int> consumers(graph.nodes().size() + 1);
  for (const int output : graph.outputTensors()) consumers[output]++;
  for (const Node& node : graph.nodes()) {
    for (const int tensor : node.inputs) consumers[tensor]++;
  }
  return consumers;
}

}  // namespace

std::vector<Fusion> findFusions(const Graph& graph) {
  const std::vector<int> consumers = countConsumers(graph);
  std::vector<Fusion> fusions(graph.nodes().size());
  for (size_t i = 0; i < fusions.size(); i++) {
    const Node& node = graph.nodes()[i];
    const auto canTakeOver = [&](int tensor) {
      return tensor > 0 && graph.nodes()[tensor - 1].op->convolution && consumers[tensor] == 1;
    };
    const bool isActivation = node.op->fusableSlope || node.op->isPrelu;
    if (isActivation && canTakeOver(node.inputs[0])) {
      fusions[i].convolution = node.inputs[0] - 1;
      if (node.op->isPrelu) fusions[node.inputs[0] - 1].prelu = static_cast<int>(i);
    }
    if (node.op->convolution && node.inputs[0] > 0 && consumers[node.inputs[0]] == 1 &&
        graph.nodes()[node.inputs[0] - 1].op->isPrelu) {
      fusions[i].gate = node.inputs[0] - 1;
    }
    if (!node.op->fusableScale) continue;
    // From the last input on, whose factor the convolution can apply.
    for (const int input : {1, 0}) {
      const int tensor = node.inputs[input], other = node.inputs[1 - input];
      const float scale = node.op->fusableScale(node.info);
      if (!canTakeOver(tensor) || other > tensor || (input == 0 && scale != 1)) continue;
      fusions[i].convolution = tensor - 1;
      fusions[i].addend = other;
      fusions[i].outputScale = scale;
      break;
    }
  }
  return fusions;
}

}  // namespace evensr
