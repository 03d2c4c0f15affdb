// The exported class NativeBatch (src/native/batch.ts): training pairs in native memory.
#pragma once

#include <memory>

#include "batch.h"
#include "binding/napi_setup.h"

namespace evensr {

class NativeBatch : public Napi::ObjectWrap<NativeBatch> {
 public:
  static constexpr const char* kName = "NativeBatch";
  static constexpr napi_type_tag kTag = {0x6576656e73722d62, 0x6174636800000001};

  static void define(Napi::Env env);
  static Napi::Value create(Napi::Env env, std::shared_ptr<const BatchData> data);

  // From JavaScript `new` makes a disposed batch; synthesize is the way to get one.
  explicit NativeBatch(const Napi::CallbackInfo& call);
  ~NativeBatch() override;

  // Whoever works on the batch holds this, so that dispose() cannot pull it away. Throws
  // E_DISPOSED.
  std::shared_ptr<const BatchData> data() const;

 private:
  template <int BatchData::*member>
  Napi::Value number(const Napi::CallbackInfo& call);
  Napi::Value milliseconds(const Napi::CallbackInfo& call);
  Napi::Value profile(const Napi::CallbackInfo& call);
  template <FloatArray BatchData::*member>
  Napi::Value copy(const Napi::CallbackInfo& call);
  void dispose(const Napi::CallbackInfo& call);
  void release();

  std::shared_ptr<const BatchData> data_;
};

}  // namespace evensr
