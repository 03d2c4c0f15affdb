#include "binding/network_spec.h"

#include "binding/decode.h"
#include "error.h"

namespace evensr {
namespace {

constexpr int64_t kMaxSize = 1 << 24;

template <class Read>
void forEach(const Napi::Value& value, const char* what, const Read& read) {
  if (!value.IsArray()) {
    throw Napi::TypeError::New(value.Env(), std::string("expected ") + what + " to be an array");
  }
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) read(array.Get(i));
}

std::vector<std::string> strings(const Napi::Value& value, const char* what) {
  std::vector<std::string> result;
  forEach(value, what, [&](const Napi::Value& item) { result.push_back(stringValue(item, what)); });
  return result;
}

// A number or an array of numbers.
std::vector<double> numbers(const Napi::Value& value) {
  if (!value.IsArray()) return {finiteNumber(value, "attribute")};
  std::vector<double> result;
  forEach(value, "attribute",
          [&](const Napi::Value& item) { result.push_back(finiteNumber(item, "attribute")); });
  return result;
}

ParameterSpec parameterSpec(const Napi::Value& value) {
  const auto object = objectValue(value, "a parameter");
  ParameterSpec parameter;
  parameter.name = stringValue(object.Get("name"), "name of a parameter");
  forEach(object.Get("shape"), "shape", [&](const Napi::Value& size) {
    parameter.shape.push_back(static_cast<int>(integerBetween(size, 1, kMaxSize, "a size")));
  });
  const Napi::Value norm = object.Get("spectralNorm");
  if (!norm.IsUndefined()) {
    const auto buffers = objectValue(norm, "spectralNorm");
    parameter.u = stringValue(buffers.Get("u"), "spectralNorm.u");
    parameter.v = stringValue(buffers.Get("v"), "spectralNorm.v");
  }
  return parameter;
}

NodeSpec nodeSpec(const Napi::Value& value) {
  const auto object = objectValue(value, "a node");
  NodeSpec node;
  node.name = stringValue(object.Get("name"), "name of a node");
  node.op = stringValue(object.Get("op"), "op");
  node.inputs = strings(object.Get("inputs"), "inputs");
  node.parameters = strings(object.Get("parameters"), "parameters");
  const auto attributes = objectValue(object.Get("attributes"), "attributes");
  forEach(attributes.GetPropertyNames(), "attributes", [&](const Napi::Value& key) {
    node.attributes[stringValue(key, "attribute")] = numbers(attributes.Get(key));
  });
  return node;
}

}  // namespace

NetworkSpec parseNetworkSpec(Napi::Env env, const std::string& json) {
  Napi::Value parsed;
  try {
    const auto parse =
        env.Global().Get("JSON").As<Napi::Object>().Get("parse").As<Napi::Function>();
    parsed = parse.Call({Napi::String::New(env, json)});
  } catch (const Napi::Error& error) {
    throw CodedError("E_NETWORK", "the network is not JSON: " + error.Message());
  }
  const auto object = objectValue(parsed, "the network");
  NetworkSpec spec;
  spec.scale = finiteNumber(object.Get("scale"), "scale");
  spec.inputChannels =
      static_cast<int>(integerBetween(object.Get("inputChannels"), 1, 4096, "inputChannels"));
  spec.output = stringValue(object.Get("output"), "output");
  const Napi::Value features = object.Get("features");
  if (!features.IsUndefined()) spec.features = strings(features, "features");
  const auto nameOf = [&](const char* key) {
    const Napi::Value name = object.Get(key);
    return name.IsUndefined() ? std::string() : stringValue(name, key);
  };
  spec.condition = nameOf("condition");
  spec.estimate = nameOf("estimate");
  forEach(object.Get("parameters"), "parameters",
          [&](const Napi::Value& item) { spec.parameters.push_back(parameterSpec(item)); });
  forEach(object.Get("nodes"), "nodes",
          [&](const Napi::Value& item) { spec.nodes.push_back(nodeSpec(item)); });
  return spec;
}

}  // namespace evensr
