// The exported class NativePack (src/native/batch.ts).
#pragma once

#include <memory>

#include "binding/napi_setup.h"
#include "io/pack_file.h"

namespace evensr {

class NativePack : public Napi::ObjectWrap<NativePack> {
 public:
  static constexpr const char* kName = "NativePack";
  static constexpr napi_type_tag kTag = {0x6576656e73722d70, 0x61636b0000000001};

  static void define(Napi::Env env);
  static Napi::Value create(Napi::Env env, std::shared_ptr<const PackFile> file);

  // From JavaScript `new` makes a disposed pack; openPack is the way to get one.
  explicit NativePack(const Napi::CallbackInfo& call);

  // Throws E_DISPOSED.
  std::shared_ptr<const PackFile> file() const;

 private:
  Napi::Value count(const Napi::CallbackInfo& call);
  void dispose(const Napi::CallbackInfo& call);

  std::shared_ptr<const PackFile> file_;
};

}  // namespace evensr
