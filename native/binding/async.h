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

// A promise of JavaScript that any thread settles, once.
template <class Result>
class Answer {
 public:
  using Convert = std::function<Napi::Value(Napi::Env, Result&)>;

  Answer(Napi::Env env, Convert convert)
      : addon_(&AddonData::of(env)),
        deferred_(std::make_shared<Napi::Promise::Deferred>(env)),
        convert_(std::move(convert)) {}

  Napi::Promise promise() const { return deferred_->Promise(); }

  // Rejects with the exception that is being handled; for work that could not begin. JavaScript
  // thread only.
  Napi::Promise rejectAtOnce(Napi::Env env) const {
    deferred_->Reject(currentException(env).Value());
    return promise();
  }

  // Resolves with `convert(env, work())`. Whatever `work` throws rejects the promise: CodedError
  // with its code, a lack of memory or threads as E_MEMORY, the rest as E_INTERNAL.
  template <class Work>
  void settle(const Work& work) const {
    try {
      auto result = std::make_shared<Result>(work());
      addon_->post([answer = *this, result](Napi::Env env) { answer.resolve(env, *result); });
    } catch (...) {
      addon_->post([answer = *this, described = describeException()](Napi::Env env) {
        answer.addon_->pendingSettled(env);
        answer.deferred_->Reject(codedError(env, described.first, described.second).Value());
      });
    }
  }

 private:
  void resolve(Napi::Env env, Result& result) const {
    addon_->pendingSettled(env);
    try {
      deferred_->Resolve(convert_(env, result));
    } catch (const Napi::Error& error) {
      deferred_->Reject(error.Value());
    } catch (...) {
      deferred_->Reject(currentException(env).Value());
    }
  }

  AddonData* addon_;
  std::shared_ptr<Napi::Promise::Deferred> deferred_;
  Convert convert_;
};

// Runs `work` on a lane; see Answer. `work` must own all that it reads (copies or shared pointers):
// JavaScript memory can be detached or collected while it runs.
template <class Result>
Napi::Promise runAsync(Napi::Env env, LaneId lane, std::function<Result()> work,
                       typename Answer<Result>::Convert convert) {
  AddonData& addon = AddonData::of(env);
  const Answer<Result> answer(env, std::move(convert));
  addon.lane(lane).post([answer, work = std::move(work)] { answer.settle(work); });
  // Only now, since posting can fail. The job settles on this thread, so never before this.
  addon.pendingStarted(env);
  return answer.promise();
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
