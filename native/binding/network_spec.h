// The JSON of a NetworkSpec (src/network/spec.ts) as the engine's structure.
#pragma once

#include <string>

#include "binding/napi_setup.h"
#include "nn/graph.h"

namespace evensr {

// Throws E_NETWORK when the text is not JSON, a TypeError or RangeError when a field is not what it
// should be. Whether the graph makes sense is checked by Graph.
NetworkSpec parseNetworkSpec(Napi::Env env, const std::string& json);

}  // namespace evensr
