#include "binding/exports.h"

namespace evensr {

void exportPack(Napi::Env, Napi::Object) {}

}  // namespace evensr
