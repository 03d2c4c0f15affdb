// The exported class NativeTrainer (src/native/trainer.ts): a network with its optimizer.
#pragma once

#include <memory>

#include "binding/napi_setup.h"
#include "nn/trainer.h"

namespace evensr {

// A trainer and the number of its promises that are not settled. While there are any, the network
// lane may be at work on it, and the JavaScript thread keeps its hands off.
struct SharedTrainer {
  template <class... Arguments>
  explicit SharedTrainer(Arguments&&... arguments)
      : trainer(std::forward<Arguments>(arguments)...) {}
  Trainer trainer;
  int jobs = 0;  // JavaScript thread only
};

class NativeTrainer : public Napi::ObjectWrap<NativeTrainer> {
 public:
  static constexpr const char* kName = "NativeTrainer";
  static constexpr napi_type_tag kTag = {0x6576656e73722d74, 0x7261696e65720001};

  static void define(Napi::Env env);
  static Napi::Value create(Napi::Env env, std::shared_ptr<SharedTrainer> shared);

  // From JavaScript `new` makes a disposed trainer; createTrainer is the way to get one.
  explicit NativeTrainer(const Napi::CallbackInfo& call);

 private:
  Napi::Value stepCount(const Napi::CallbackInfo& call);
  Napi::Value tensors(const Napi::CallbackInfo& call);
  Napi::Value reserve(const Napi::CallbackInfo& call);
  Napi::Value step(const Napi::CallbackInfo& call);
  Napi::Value forward(const Napi::CallbackInfo& call);
  Napi::Value forwardInto(const Napi::CallbackInfo& call);
  Napi::Value measure(const Napi::CallbackInfo& call);
  Napi::Value alignments(const Napi::CallbackInfo& call);
  Napi::Value takeProfile(const Napi::CallbackInfo& call);
  Napi::Value gradients(const Napi::CallbackInfo& call);
  Napi::Value getState(const Napi::CallbackInfo& call);
  void setState(const Napi::CallbackInfo& call);
  void setStepCount(const Napi::CallbackInfo& call);
  Napi::Value buffers(const Napi::CallbackInfo& call);
  Napi::Value getBuffers(const Napi::CallbackInfo& call);
  void setBuffers(const Napi::CallbackInfo& call);
  void dispose(const Napi::CallbackInfo& call);

  std::shared_ptr<SharedTrainer> shared() const;
  // For the JavaScript thread's own use; throws E_BUSY while a job is pending.
  Trainer& idle() const;
  std::shared_ptr<SharedTrainer> discriminatorOf(const Napi::Object& options) const;
  // `other` takes part in the work: it is busy, and kept alive, as long.
  template <class Result>
  Napi::Value run(Napi::Env env, std::function<Result(Trainer&)> work,
                  std::function<Napi::Value(Napi::Env, Result&)> convert,
                  std::shared_ptr<SharedTrainer> other = nullptr);

  std::shared_ptr<SharedTrainer> shared_;
};

}  // namespace evensr
