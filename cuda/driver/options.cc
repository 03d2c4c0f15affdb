#include "options.h"

#include <cstdlib>
#include <functional>
#include <map>

namespace evensr::driver {

const char* const kUsage =
    "usage: evensr-gpu [bench] [--list] [--only TEXT]... [--except TEXT]... [--device N]\n"
    "                  [--seed N] [--budget SECONDS] [--json FILE] [--effort N] [--tiny]\n"
    "                  [--peer PYTHON --peer-script FILE [--peer-device NAME]]\n"
    "  --only TEXT   only checks or cases whose name contains it; repeatable\n"
    "  --except TEXT not those whose name contains it; repeatable\n"
    "  --budget S    nothing more is begun after S seconds, and what was left out is named\n"
    "  --effort N    of checks, 1 (default): small and quick; more: larger and more random cases\n"
    "  --tiny        of benchmarks: sizes for an emulated device, where figures mean nothing\n"
    "exit status: 0 all passed, 1 something failed, 2 usage, 7 no usable device\n";

bool parseOptions(int count, char** words, Options& options) {
  const std::map<std::string, std::function<void()>> flags{
      {"bench", [&] { options.bench = true; }},
      {"--list", [&] { options.list = true; }},
      {"--tiny", [&] { options.tiny = true; }}};
  const std::map<std::string, std::function<void(const char*)>> values{
      {"--only", [&](const char* v) { options.only.push_back(v); }},
      {"--except", [&](const char* v) { options.except.push_back(v); }},
      {"--device", [&](const char* v) { options.device = std::atoi(v); }},
      {"--seed", [&](const char* v) { options.seed = std::strtoul(v, nullptr, 10); }},
      {"--effort", [&](const char* v) { options.effort = std::atoi(v); }},
      {"--budget", [&](const char* v) { options.budget = std::atof(v); }},
      {"--json", [&](const char* v) { options.json = v; }},
      {"--peer", [&](const char* v) { options.peer = v; }},
      {"--peer-script", [&](const char* v) { options.peerScript = v; }},
      {"--peer-device", [&](const char* v) { options.peerDevice = v; }}};
  for (int i = 1; i < count; i++) {
    const auto flag = flags.find(words[i]);
    const auto value = values.find(words[i]);
    if (flag != flags.end()) {
      flag->second();
    } else if (value != values.end() && i + 1 < count) {
      value->second(words[++i]);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace evensr::driver
