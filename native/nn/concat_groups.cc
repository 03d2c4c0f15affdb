#include "nn/concat_groups.h"

#include <algorithm>
#include <set>

namespace evensr {
namespace {

// Longest first, so that shorter ones find the group that they begin.
std::vector<int> concatenations(const Graph& graph) {
  std::vector<int> tensors;
  for (size_t i = 0; i < graph.nodes().size(); i++) {
    if (graph.nodes()[i].op->concatenates) tensors.push_back(static_cast<int>(i) + 1);
  }
  const auto length = [&](int tensor) { return graph.nodes()[tensor - 1].inputs.size(); };
  std::stable_sort(tensors.begin(), tensors.end(),
                   [&](int a, int b) { return length(a) > length(b); });
  return tensors;
}

// The network's input and its outputs are whole tensors.
std::vector<char> findSliceable(const Graph& graph) {
  std::vector<char> fit(graph.nodes().size() + 1);
  for (size_t i = 0; i < graph.nodes().size(); i++) fit[i + 1] = graph.nodes()[i].op->takesSlices;
  for (const Node& node : graph.nodes()) {
    for (const int tensor : node.inputs) fit[tensor] &= node.op->takesSlices;
  }
  fit[0] = false;
  for (const int output : graph.outputTensors()) fit[output] = false;
  return fit;
}

}  // namespace

ConcatGroups::ConcatGroups(const Graph& graph, const std::vector<Shape>& shapes,
                           const std::vector<Fusion>& fusions)
    : graph_(graph),
      shapes_(shapes),
      fusions_(fusions),
      slicesFit_(findSliceable(graph)),
      homes_(graph.nodes().size() + 1) {
  for (const int tensor : concatenations(graph)) {
    if (homes_[tensor].group < 0 && !isPrefix(tensor) && canShare(tensor)) make(tensor);
  }
}

// Whether the inputs of a concatenation are the first members of a group, which it then joins.
bool ConcatGroups::isPrefix(int tensor) {
  const auto& inputs = graph_.nodes()[tensor - 1].inputs;
  const int group = homes_[inputs[0]].group;
  if (group < 0 || !slicesFit_[tensor]) return false;
  auto& [whole, channels, members, prefixes] = groups_[group];
  if (inputs.size() >= members.size() ||
      !std::equal(inputs.begin(), inputs.end(), members.begin())) {
    return false;
  }
  homes_[tensor] = {group, 0};
  prefixes.push_back(tensor);
  return true;
}

bool ConcatGroups::canShare(int tensor) const {
  const auto& inputs = graph_.nodes()[tensor - 1].inputs;
  const std::set<int> different(inputs.begin(), inputs.end());
  return different.size() == inputs.size() &&
         std::all_of(inputs.begin(), inputs.end(),
                     [&](int input) { return slicesFit_[input] && homes_[input].group < 0; });
}

void ConcatGroups::make(int tensor) {
  const int group = static_cast<int>(groups_.size());
  const auto& inputs = graph_.nodes()[tensor - 1].inputs;
  int channel = 0;
  for (const int input : inputs) {
    homes_[input] = {group, channel};
    const int convolution = fusions_[input - 1].convolution;
    if (convolution >= 0) homes_[convolution + 1] = {group, channel};
    channel += shapes_[input].c;
  }
  homes_[tensor] = {group, 0};
  groups_.push_back({tensor, channel, inputs, {}});
}

}  // namespace evensr
