// Errors of the native core. Every error carries a code that TypeScript and users can rely on.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace evensr {

// `code` is part of the API (for example E_SHAPE); the text is not.
class CodedError : public std::runtime_error {
 public:
  CodedError(std::string code, const std::string& message)
      : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

}  // namespace evensr
