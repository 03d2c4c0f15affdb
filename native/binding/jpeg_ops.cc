#include "binding/exports.h"

namespace evensr {

void exportJpegOps(Napi::Env, Napi::Object) {}

}  // namespace evensr
