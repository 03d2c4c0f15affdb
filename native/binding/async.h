// Promises settled by native threads. The only way in which exported functions do long work.
#pragma once

#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
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

// What a JavaScript error says about the exception that is being handled.
inline std::pair<std::string, std::string> describeException() {
  try {
    throw;
  } catch (const CodedError& error) {
    return {error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {"E_MEMORY", "out of memory"};
  } catch (const std::length_error& error) {
    return {"E_MEMORY", std::string("more than there can be: ") + error.what()};
  } catch (const std::system_error& error) {
    return {"E_MEMORY", std::string("the system refused: ") + error.what()};
  } catch (const std::exception& error) {
    return {"E_INTERNAL", error.what()};
  } catch (...) {
    return {"E_INTERNAL", "unknown native exception"};
  }
}

inline Napi::Error currentException(Napi::Env env) {
  const auto [code, message] = describeException();
  return codedError(env, code, message);
}

// Runs `work` on a lane and resolves with `convert(env, result)`. Whatever `work` throws rejects
// the promise: CodedError with its code, a lack of memory or threads as E_MEMORY, the rest as
// E_INTERNAL. `work` must own all that it reads (copies or shared pointers): JavaScript memory can
// be detached or collected while it runs.
template <class Result>
Napi::Promise runAsync(Napi::Env env, LaneId lane, std::function<Result()> work,
                       std::function<Napi::Value(Napi::Env, Result&)> convert) {
  AddonData& addon = AddonData::of(env);
  auto deferred = std::make_shared<Napi::Promise::Deferred>(env);
  addon.lane(lane).post([&addon, deferred, work = std::move(work), convert = std::move(convert)] {
    try {
      auto result = std::make_shared<Result>(work());
      addon.post([&addon, deferred, result, convert](Napi::Env e) {
        addon.pendingSettled(e);
        try {
          deferred->Resolve(convert(e, *result));
        } catch (const Napi::Error& error) {
          deferred->Reject(error.Value());
        } catch (...) {
          deferred->Reject(currentException(e).Value());
        }
      });
    } catch (...) {
      addon.post([&addon, deferred, described = describeException()](Napi::Env e) {
        addon.pendingSettled(e);
        deferred->Reject(codedError(e, described.first, described.second).Value());
      });
    }
  });
  // Only now, since posting can fail. The job settles on this thread, so never before this.
  addon.pendingStarted(env);
  return deferred->Promise();
}

// Runs what an exported function does at once; what it throws becomes a JavaScript error with a
// code.
template <class Body>
Napi::Value guarded(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw currentException(env);
  }
}

}  // namespace evensr
