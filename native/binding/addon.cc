// The list of what the addon exports, and nothing else.
#include "binding/addon_data.h"
#include "binding/exports.h"
#include "binding/napi_setup.h"

namespace evensr {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData(env));
  exportInfo(env, exports);
  exportPack(env, exports);
  exportSynthesize(env, exports);
  exportDegradeOps(env, exports);
  exportNoiseOps(env, exports);
  exportJpegOps(env, exports);
  exportSpaceOps(env, exports);
  exportCanvas(env, exports);
  exportFeatureDistance(env, exports);
  exportTrainer(env, exports);
  exportNetworkOps(env, exports);
  exportLossOps(env, exports);
  exportMetrics(env, exports);
  exportFiles(env, exports);
  exportPeak(env, exports);
  return exports;
}

}  // namespace evensr

static Napi::Object initModule(Napi::Env env, Napi::Object exports) {
  return evensr::init(env, exports);
}
NODE_API_MODULE(evensr, initModule)
