// One function a file of this folder: puts that file's exports into the addon's object.
#pragma once

#include "binding/napi_setup.h"

namespace evensr {

void exportInfo(Napi::Env env, Napi::Object exports);
void exportPack(Napi::Env env, Napi::Object exports);
void exportSynthesize(Napi::Env env, Napi::Object exports);
void exportDegradeOps(Napi::Env env, Napi::Object exports);
void exportNoiseOps(Napi::Env env, Napi::Object exports);
void exportJpegOps(Napi::Env env, Napi::Object exports);
void exportSpaceOps(Napi::Env env, Napi::Object exports);
void exportTrainer(Napi::Env env, Napi::Object exports);
void exportLossOps(Napi::Env env, Napi::Object exports);
void exportNetworkOps(Napi::Env env, Napi::Object exports);
void exportCanvas(Napi::Env env, Napi::Object exports);
void exportMetrics(Napi::Env env, Napi::Object exports);
void exportFeatureDistance(Napi::Env env, Napi::Object exports);
void exportFiles(Napi::Env env, Napi::Object exports);
void exportPeak(Napi::Env env, Napi::Object exports);

}  // namespace evensr
