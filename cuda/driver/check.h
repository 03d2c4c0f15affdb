// Checks of the kernels: each runs the same work on the device and on the CPU, or against numbers
// computed in another way, and throws when they differ.
#pragma once

#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "cuda_abi.h"

namespace evensr::driver {

// What a check may use.
struct Context {
  const CudaApi& api;
  int device;
  unsigned seed;  // of all random input
  // How much to do: 1 is what every commit's CI does under a sanitizer, more is for real devices.
  int effort;
};

struct Check {
  std::string name;  // "degrade/blur": the part before the slash is the group
  std::function<void(Context&)> run;
};

// In the order in which they were registered.
std::vector<Check>& checks();

// const Registered check("degrade/blur", [](Context& context) { ... });
struct Registered {
  Registered(std::string name, std::function<void(Context&)> run) {
    checks().push_back({std::move(name), std::move(run)});
  }
};

// throw Failed() << "pixel " << i << " is " << a << ", expected " << b;
class Failed : public std::exception {
 public:
  template <class T>
  Failed& operator<<(const T& value) {
    std::ostringstream text;
    text.precision(9);
    text << value;
    text_ += text.str();
    return *this;
  }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

}  // namespace evensr::driver
