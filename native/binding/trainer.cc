#include "binding/exports.h"

namespace evensr {

void exportTrainer(Napi::Env, Napi::Object) {}

}  // namespace evensr
