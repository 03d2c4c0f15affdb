// JavaScript values to C++ values, with errors that say which argument was wrong.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "binding/addon_data.h"
#include "binding/napi_setup.h"

namespace evensr {

// All throw Napi::TypeError / Napi::RangeError naming `what`.
double finiteNumber(const Napi::Value& value, const char* what);
double numberBetween(const Napi::Value& value, double low, double high, const char* what);
int64_t integerBetween(const Napi::Value& value, int64_t low, int64_t high, const char* what);
std::string stringValue(const Napi::Value& value, const char* what);
bool booleanValue(const Napi::Value& value, const char* what);
Napi::Object objectValue(const Napi::Value& value, const char* what);

// The array itself, valid until the call returns to JavaScript; refused like the copies below.
Napi::Float32Array float32View(const Napi::Value& value, const char* what);

// Copies of the contents; a detached or wrongly typed array is a TypeError.
std::vector<float> float32Array(const Napi::Value& value, const char* what);
std::vector<double> float64Array(const Napi::Value& value, const char* what);
std::vector<int32_t> int32Array(const Napi::Value& value, const char* what);
std::vector<uint8_t> uint8Array(const Napi::Value& value, const char* what);

Napi::Float32Array toFloat32Array(Napi::Env env, const float* data, size_t count);
Napi::Float32Array toFloat32Array(Napi::Env env, const std::vector<float>& values);
Napi::Float64Array toFloat64Array(Napi::Env env, const double* data, size_t count);

// What a string stands for; a RangeError lists the `known` ones.
template <class Value>
Value oneOf(const Napi::Value& value, const char* what, const std::map<std::string, Value>& known) {
  const auto it = known.find(stringValue(value, what));
  if (it != known.end()) return it->second;
  std::string names;
  for (const auto& [name, unused] : known) names += (names.empty() ? "" : ", ") + name;
  throw Napi::RangeError::New(value.Env(),
                              std::string("expected ") + what + " to be one of " + names);
}

// The C++ object behind an instance of the exported class `T`; anything else is a TypeError.
// T::kName is the name under which the class was put into AddonData::constructors.
template <class T>
T& unwrapAs(const Napi::Value& value, const char* what) {
  const Napi::Env env = value.Env();
  if (value.IsObject()) {
    auto& constructors = AddonData::of(env).constructors;
    const auto it = constructors.find(T::kName);
    const auto object = value.As<Napi::Object>();
    if (it != constructors.end() && object.InstanceOf(it->second.Value())) {
      napi_type_tag tag = T::kTag;
      bool same = false;
      napi_check_object_type_tag(env, object, &tag, &same);
      if (same) return *T::Unwrap(object);
    }
  }
  throw Napi::TypeError::New(env, std::string("expected ") + what + " to be a " + T::kName);
}

}  // namespace evensr
