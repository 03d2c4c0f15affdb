
#include "binding/exports.h"
#include "cuda_plugin.h"
#include "parallel.h"

namespace evensr {
namespace {

Napi::Array cpuFeatures(Napi::Env env) {
  auto features = Napi::Array::New(env);
  uint32_t n = 0;
  const auto add = [&](const char* name, bool present) {
    if (present) features.Set(n++, Napi::String::New(env, name));
  };
#if defined(__x86_64__)
  add("avx2", __builtin_cpu_supports("avx2"));
  add("fma", __builtin_cpu_supports("fma"));
  add("avx512f", __builtin_cpu_supports("avx512f"));
  add("avx512bw", __builtin_cpu_supports("avx512bw"));
  add("avx512vnni", __builtin_cpu_supports("avx512vnni"));
  add("avx512bf16", __builtin_cpu_supports("avx512bf16"));
#elif defined(__aarch64__)
  add("neon", true);
#else
  (void)add;
#endif
  return features;
}

const char* simdPath() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) return "avx512";
  if (__builtin_cpu_supports("avx2")) return "avx2";
  return "sse2";
#elif defined(__aarch64__)
  return "neon";
#else
  return "scalar";
#endif
}

// [{name, capability, multiprocessors, memory, freeMemory}]; memory in bytes.
Napi::Array cudaDevices(Napi::Env env, const CudaStatus& cuda) {
  auto devices = Napi::Array::New(env);
  uint32_t n = 0;
  for (const CudaDevice& device : cuda.devices) {
    auto object = Napi::Object::New(env);
    object["name"] = device.name;
    object["capability"] = std::to_string(device.major) + "." + std::to_string(device.minor);
    object["multiprocessors"] = device.multiprocessors;
    object["memory"] = static_cast<double>(device.memory);
    object["freeMemory"] = static_cast<double>(device.freeMemory);
    devices.Set(n++, object);
  }
  return devices;
}

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  auto result = Napi::Object::New(env);
  result["version"] = EVENSR_VERSION;
  result["cpuFeatures"] = cpuFeatures(env);
  result["simd"] = simdPath();
  result["threads"] = availableThreads();
  const CudaStatus cuda = cudaStatus();
  auto cudaObject = Napi::Object::New(env);
  cudaObject["available"] = cuda.available();
  cudaObject["reason"] = cuda.reason;
  cudaObject["devices"] = cudaDevices(env, cuda);
  result["cuda"] = cudaObject;
  result["emulated"] = hasEmulatedDevice();
  return result;
}

}  // namespace

void exportInfo(Napi::Env env, Napi::Object exports) {
  exports["info"] = Napi::Function::New(env, info, "info");
}

}  // namespace evensr
