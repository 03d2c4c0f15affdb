#include "binding/decode.h"

#include <cmath>

namespace evensr {
namespace {

[[noreturn]] void wrongType(const Napi::Value& value, const char* what, const char* expected) {
  throw Napi::TypeError::New(value.Env(), std::string("expected ") + what + " to be " + expected);
}

template <class T>
Napi::TypedArrayOf<T> typedView(const Napi::Value& value, napi_typedarray_type type,
                                const char* what, const char* expected) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    wrongType(value, what, expected);
  }
  const auto array = value.As<Napi::TypedArrayOf<T>>();
  if (array.ArrayBuffer().IsDetached()) wrongType(value, what, "an array that is not detached");
  return array;
}

template <class T>
std::vector<T> typedArray(const Napi::Value& value, napi_typedarray_type type, const char* what,
                          const char* expected) {
  const auto array = typedView<T>(value, type, what, expected);
  return std::vector<T>(array.Data(), array.Data() + array.ElementLength());
}

}  // namespace

double finiteNumber(const Napi::Value& value, const char* what) {
  if (!value.IsNumber()) wrongType(value, what, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!std::isfinite(number)) wrongType(value, what, "a finite number");
  return number;
}

double numberBetween(const Napi::Value& value, double low, double high, const char* what) {
  const double number = finiteNumber(value, what);
  if (number >= low && number <= high) return number;
  throw Napi::RangeError::New(value.Env(), std::string("expected ") + what + " to be within " +
                                               std::to_string(low) + ".." + std::to_string(high));
}

int64_t integerBetween(const Napi::Value& value, int64_t low, int64_t high, const char* what) {
  const double number = finiteNumber(value, what);
  if (number != std::floor(number) || number < static_cast<double>(low) ||
      number > static_cast<double>(high)) {
    throw Napi::RangeError::New(value.Env(), std::string("expected ") + what +
                                                 " to be an integer within " + std::to_string(low) +
                                                 ".." + std::to_string(high) + ", received " +
                                                 std::to_string(number));
  }
  return static_cast<int64_t>(number);
}

std::string stringValue(const Napi::Value& value, const char* what) {
  if (!value.IsString()) wrongType(value, what, "a string");
  return value.As<Napi::String>().Utf8Value();
}

bool booleanValue(const Napi::Value& value, const char* what) {
  if (!value.IsBoolean()) wrongType(value, what, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

Napi::Object objectValue(const Napi::Value& value, const char* what) {
  if (!value.IsObject()) wrongType(value, what, "an object");
  return value.As<Napi::Object>();
}

Napi::Float32Array float32View(const Napi::Value& value, const char* what) {
  return typedView<float>(value, napi_float32_array, what, "a Float32Array");
}

std::vector<float> float32Array(const Napi::Value& value, const char* what) {
  return typedArray<float>(value, napi_float32_array, what, "a Float32Array");
}

std::vector<double> float64Array(const Napi::Value& value, const char* what) {
  return typedArray<double>(value, napi_float64_array, what, "a Float64Array");
}

std::vector<int32_t> int32Array(const Napi::Value& value, const char* what) {
  return typedArray<int32_t>(value, napi_int32_array, what, "an Int32Array");
}

std::vector<uint8_t> uint8Array(const Napi::Value& value, const char* what) {
  return typedArray<uint8_t>(value, napi_uint8_array, what, "a Uint8Array");
}

Napi::Float32Array toFloat32Array(Napi::Env env, const float* data, size_t count) {
  auto array = Napi::Float32Array::New(env, count);
  std::copy(data, data + count, array.Data());
  return array;
}

Napi::Float32Array toFloat32Array(Napi::Env env, const std::vector<float>& values) {
  return toFloat32Array(env, values.data(), values.size());
}

Napi::Float64Array toFloat64Array(Napi::Env env, const double* data, size_t count) {
  auto array = Napi::Float64Array::New(env, count);
  std::copy(data, data + count, array.Data());
  return array;
}

}  // namespace evensr
