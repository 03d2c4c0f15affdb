#include "binding/exports.h"

namespace evensr {

void exportMetrics(Napi::Env, Napi::Object) {}

}  // namespace evensr
