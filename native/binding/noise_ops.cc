#include "binding/exports.h"

namespace evensr {

void exportNoiseOps(Napi::Env, Napi::Object) {}

}  // namespace evensr
