// What operators refuse nodes with.
#pragma once

#include <string>

#include "error.h"
#include "nn/ops.h"

namespace evensr {

[[noreturn]] inline void invalid(const NodeInfo& node, const std::string& what) {
  throw CodedError("E_NETWORK", "node " + node.name + ": " + what);
}

inline void expectParameters(const NodeInfo& node, size_t least, size_t most) {
  const size_t count = node.parameterShapes.size();
  if (count < least || count > most) invalid(node, "wrong number of parameters");
}

}  // namespace evensr
