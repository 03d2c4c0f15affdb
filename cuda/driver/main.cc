// Checks and benchmarks of the kernels without Node: on a GPU, or emulated.
#include <cstdio>

#include "bench/bench.h"
#include "check.h"
#include "error.h"
#include "run_checks.h"

extern "C" const evensr::CudaApi* evensr_cuda_open();

namespace evensr::driver {
namespace {

int run(const Options& options) {
  if (options.list) {
    if (options.bench) return listBenchmarks(options);
    for (const Check& check : checks()) std::printf("%s\n", check.name.c_str());
    return 0;
  }
  const CudaApi& api = *evensr_cuda_open();
  try {
    const int count = static_cast<int>(api.devices().size());
    if (options.device < 0 || options.device >= count) {
      std::fprintf(stderr, "there is no device %d\n", options.device);
      return 7;
    }
    return options.bench ? runBenchmarks(api, options) : runChecks(api, options);
  } catch (const CodedError& e) {
    std::fprintf(stderr, "%s: %s\n", e.code().c_str(), e.what());
    return 7;
  }
}

}  // namespace
}  // namespace evensr::driver

int main(int count, char** words) {
  evensr::driver::Options options;
  if (!evensr::driver::parseOptions(count, words, options)) {
    std::fputs(evensr::driver::kUsage, stderr);
    return 2;
  }
  return evensr::driver::run(options);
}
