#include "binding/exports.h"

namespace evensr {

void exportSynthesize(Napi::Env, Napi::Object) {}

}  // namespace evensr
