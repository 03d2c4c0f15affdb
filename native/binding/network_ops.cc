#include "binding/exports.h"

namespace evensr {

void exportNetworkOps(Napi::Env, Napi::Object) {}

}  // namespace evensr
