// What the command line asks for.
#pragma once

#include <string>
#include <vector>

namespace evensr::driver {

struct Options {
  bool bench = false;  // instead of checks
  bool list = false;
  bool tiny = false;  // of benchmarks: sizes for an emulated device, figures without meaning
  std::vector<std::string> only, except;  // only empty: all
  int device = 0, effort = 1;
  unsigned seed = 1;
  double budget = 0;  // seconds after which nothing more is begun; 0: no limit
  std::string json;   // file for the results; empty: none
  std::string peer;   // Python that runs PyTorch; empty: none
  std::string peerScript, peerDevice = "cuda";

  bool wants(const std::string& name) const {
    return (only.empty() || namesOneOf(only, name)) && !namesOneOf(except, name);
  }

  static bool namesOneOf(const std::vector<std::string>& texts, const std::string& name) {
    for (const std::string& text : texts) {
      if (name.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

// False: not understood.
bool parseOptions(int count, char** words, Options& options);

extern const char* const kUsage;

}  // namespace evensr::driver
