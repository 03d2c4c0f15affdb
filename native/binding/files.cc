#include <signal.h>

#include <cerrno>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "io/durable_file.h"

namespace evensr {
namespace {

struct Unit {};

std::vector<Bytes> byteParts(const Napi::Value& value) {
  if (!value.IsArray()) {
    throw Napi::TypeError::New(value.Env(), "expected parts to be an array of Uint8Array");
  }
  const auto array = value.As<Napi::Array>();
  std::vector<Bytes> parts;
  for (uint32_t i = 0; i < array.Length(); ++i) parts.push_back(uint8Array(array.Get(i), "part"));
  return parts;
}

std::string pathValue(const Napi::Value& value) {
  std::string path = stringValue(value, "path");
  if (path.empty() || path.find('\0') != std::string::npos || path.back() == '/') {
    throw Napi::TypeError::New(value.Env(), "expected path to name a file");
  }
  return path;
}

Napi::Value writeFile(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    auto path = pathValue(call[0]);
    auto parts = std::make_shared<std::vector<Bytes>>(byteParts(call[1]));
    return runAsync<Unit>(
        env, LaneId::io,
        [path, parts] {
          FileCalls calls;
          writeFileDurably(calls, path, *parts);
          return Unit{};
        },
        [](Napi::Env e, Unit&) { return e.Undefined(); });
  });
}

// Meddles with the k-th system call (from 0) of a durable write: fails it with an errno, kills the
// process before it, or cuts a write or read down to one byte.
class FaultyCalls : public FileCalls {
 public:
  FaultyCalls(int64_t at, std::string kind, int error)
      : at_(at), kind_(std::move(kind)), error_(error) {}
  int64_t made() const { return made_; }

  int statvfs(const char* path, struct ::statvfs* found) override {
    if (hit()) {
      if (kind_ == "error") return failed();
      FileCalls::statvfs(path, found);
      found->f_bavail = 0;
      return 0;
    }
    return FileCalls::statvfs(path, found);
  }
  int open(const char* path, int flags, mode_t mode) override {
    return hit() && kind_ == "error" ? failed() : FileCalls::open(path, flags, mode);
  }
  ssize_t write(int fd, const void* data, size_t count) override {
    const bool now = hit();
    if (now && kind_ == "error") return failed();
    return FileCalls::write(fd, data, now && kind_ == "short" ? 1 : count);
  }
  ssize_t read(int fd, void* data, size_t count) override {
    const bool now = hit();
    if (now && kind_ == "error") return failed();
    return FileCalls::read(fd, data, now && kind_ == "short" ? 1 : count);
  }
  int fsync(int fd) override { return hit() && kind_ == "error" ? failed() : FileCalls::fsync(fd); }
  int close(int fd) override {
    const int result = FileCalls::close(fd);
    return hit() && kind_ == "error" ? failed() : result;
  }
  int rename(const char* from, const char* to) override {
    return hit() && kind_ == "error" ? failed() : FileCalls::rename(from, to);
  }

 private:
  bool hit() {
    if (made_++ != at_) return false;
    if (kind_ == "kill") ::raise(SIGKILL);
    return true;
  }
  int failed() {
    errno = error_;
    return -1;
  }
  const int64_t at_;
  const std::string kind_;
  const int error_;
  int64_t made_ = 0;
};

// _writeFileDurably(path, parts, at, kind: 'error' | 'short' | 'kill' | 'full', errno): resolves
// with the number of system calls made; for tests.
Napi::Value writeFileWithFault(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    auto path = pathValue(call[0]);
    auto parts = std::make_shared<std::vector<Bytes>>(byteParts(call[1]));
    const int64_t at = integerBetween(call[2], -1, 1 << 30, "at");
    const std::string kind = stringValue(call[3], "kind");
    const int error = static_cast<int>(integerBetween(call[4], 0, 200, "errno"));
    return runAsync<double>(
        env, LaneId::io,
        [path, parts, at, kind, error] {
          FaultyCalls calls(at, kind, error);
          writeFileDurably(calls, path, *parts);
          return static_cast<double>(calls.made());
        },
        [](Napi::Env e, double& made) { return Napi::Number::New(e, made); });
  });
}

}  // namespace

void exportFiles(Napi::Env env, Napi::Object exports) {
  exports["writeFileDurably"] = Napi::Function::New(env, writeFile, "writeFileDurably");
  exports["_writeFileDurably"] = Napi::Function::New(env, writeFileWithFault, "_writeFileDurably");
}

}  // namespace evensr
