#include "binding/exports.h"

namespace evensr {

void exportFiles(Napi::Env, Napi::Object) {}

}  // namespace evensr
