// Runs the checks of the kernels without Node: on a GPU, or emulated under the sanitizers.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "check.h"
#include "error.h"

extern "C" const evensr::CudaApi* evensr_cuda_open();

namespace evensr::driver {

std::vector<Check>& checks() {
  static std::vector<Check> all;
  return all;
}

namespace {

constexpr const char* kUsage =
    "usage: evensr-gpu [--list] [--only TEXT]... [--device N] [--seed N] [--effort N]\n"
    "  --only TEXT   only checks whose name contains it; repeatable\n"
    "  --effort N    1 (default): small and quick; more: larger and more random cases\n"
    "exit status: 0 all passed, 1 a check failed, 2 usage, 7 no usable device\n";

struct Options {
  bool list = false;
  std::vector<std::string> only;
  int device = 0, effort = 1;
  unsigned seed = 1;
};

// False: not understood.
bool parse(int count, char** words, Options& options) {
  for (int i = 1; i < count; i++) {
    const std::string word = words[i];
    if (word == "--list") {
      options.list = true;
      continue;
    }
    if (i + 1 == count) return false;
    const char* value = words[++i];
    if (word == "--only") {
      options.only.push_back(value);
    } else if (word == "--device") {
      options.device = std::atoi(value);
    } else if (word == "--seed") {
      options.seed = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    } else if (word == "--effort") {
      options.effort = std::atoi(value);
    } else {
      return false;
    }
  }
  return true;
}

bool isWanted(const Check& check, const Options& options) {
  if (options.only.empty()) return true;
  for (const std::string& text : options.only) {
    if (check.name.find(text) != std::string::npos) return true;
  }
  return false;
}

// Whether it passed.
bool report(const Check& check, Context& context) {
  const auto start = std::chrono::steady_clock::now();
  std::string error;
  try {
    check.run(context);
  } catch (const CodedError& e) {
    error = e.code() + ": " + e.what();
  } catch (const std::exception& e) {
    error = e.what();
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  std::printf("%-6s %-44s %7.2f s%s%s\n", error.empty() ? "ok" : "FAILED", check.name.c_str(),
              time.count(), error.empty() ? "" : "  ", error.c_str());
  std::fflush(stdout);
  return error.empty();
}

int run(const Options& options) {
  if (options.list) {
    for (const Check& check : checks()) std::printf("%s\n", check.name.c_str());
    return 0;
  }
  const CudaApi& api = *evensr_cuda_open();
  try {
    const std::vector<CudaDevice> devices = api.devices();
    if (options.device < 0 || options.device >= static_cast<int>(devices.size())) {
      std::fprintf(stderr, "there is no device %d\n", options.device);
      return 7;
    }
    std::printf("%s: %s\n", api.kind, devices[options.device].name.c_str());
  } catch (const CodedError& e) {
    std::fprintf(stderr, "%s: %s\n", e.code().c_str(), e.what());
    return 7;
  }
  Context context{api, options.device, options.seed, options.effort};
  int passed = 0, failed = 0;
  for (const Check& check : checks()) {
    if (!isWanted(check, options)) continue;
    (report(check, context) ? passed : failed)++;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0 ? 1 : 0;
}

}  // namespace
}  // namespace evensr::driver

int main(int count, char** words) {
  evensr::driver::Options options;
  if (!evensr::driver::parse(count, words, options)) {
    std::fputs(evensr::driver::kUsage, stderr);
    return 2;
  }
  return evensr::driver::run(options);
}
