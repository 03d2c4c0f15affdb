#include "binding/exports.h"

namespace evensr {

void exportDegradeOps(Napi::Env, Napi::Object) {}

}  // namespace evensr
