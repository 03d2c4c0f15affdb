// Promises settled by native threads. The only way in which exported functions do long work.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "binding/addon_data.h"
#include "binding/napi_setup.h"
#include "error.h"

namespace evensr {

// A JavaScript Error with `code`.
inline Napi::Error codedError(Napi::Env env, const std::string& code, const std::string& message) {
  auto error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

// Runs `work` on a lane and resolves with `convert(env, result)`. Whatever `work` throws rejects the
// promise: CodedError with its code, bad_alloc as E_MEMORY, anything else as E_INTERNAL.
// `work` must own all that it reads (copies or shared pointers): JavaScript memory can be detached
// or collected while it runs.
template <class Result>
Napi::Promise runAsync(Napi::Env env, LaneId lane, std::function<Result()> work,
                       std::function<Napi::Value(Napi::Env, Result&)> convert) {
  AddonData& addon = AddonData::of(env);
  auto deferred = std::make_shared<Napi::Promise::Deferred>(env);
  addon.pendingStarted(env);
  const auto reject = [&addon, deferred](std::string code, std::string message) {
    addon.post([&addon, deferred, code = std::move(code), message = std::move(message)](Napi::Env e) {
      addon.pendingSettled(e);
      deferred->Reject(codedError(e, code, message).Value());
    });
  };
  addon.lane(lane).post([&addon, deferred, reject, work = std::move(work), convert = std::move(convert)] {
    try {
      auto result = std::make_shared<Result>(work());
      addon.post([&addon, deferred, result, convert](Napi::Env e) {
        addon.pendingSettled(e);
        try {
          deferred->Resolve(convert(e, *result));
        } catch (const Napi::Error& error) {
          deferred->Reject(error.Value());
        } catch (const CodedError& error) {
          deferred->Reject(codedError(e, error.code(), error.what()).Value());
        } catch (const std::exception& error) {
          deferred->Reject(codedError(e, "E_INTERNAL", error.what()).Value());
        }
      });
    } catch (const CodedError& error) {
      reject(error.code(), error.what());
    } catch (const std::bad_alloc&) {
      reject("E_MEMORY", "out of memory");
    } catch (const std::exception& error) {
      reject("E_INTERNAL", error.what());
    } catch (...) {
      reject("E_INTERNAL", "unknown native exception");
    }
  });
  return deferred->Promise();
}

// For synchronous exports: turns CodedError into a JavaScript error with that code.
template <class Body>
Napi::Value guarded(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const CodedError& error) {
    throw codedError(env, error.code(), error.what());
  } catch (const std::bad_alloc&) {
    throw codedError(env, "E_MEMORY", "out of memory");
  }
}

}  // namespace evensr
