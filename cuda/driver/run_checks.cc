#include "run_checks.h"

#include <chrono>
#include <cstdio>
#include <map>

#include "check.h"
#include "error.h"
#include "text.h"

namespace evensr::driver {

std::vector<Check>& checks() {
  static std::vector<Check> all;
  return all;
}

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Outcome {
  std::string name;
  const char* status;  // ok, FAILED, or left out
  double seconds = 0;
  std::string error = "";
};

Outcome outcomeOf(const Check& check, Context& context) {
  const Clock::time_point start = Clock::now();
  Outcome outcome{check.name, "ok"};
  try {
    check.run(context);
  } catch (const CodedError& e) {
    outcome.error = e.code() + ": " + e.what();
  } catch (const std::exception& e) {
    outcome.error = e.what();
  }
  if (!outcome.error.empty()) outcome.status = "FAILED";
  outcome.seconds = secondsSince(start);
  return outcome;
}

void print(const Outcome& outcome) {
  std::printf("%-8s %-44s %7.2f s  %s\n", outcome.status, outcome.name.c_str(), outcome.seconds,
              outcome.error.c_str());
  std::fflush(stdout);
}

struct Group {
  int passed = 0, failed = 0, leftOut = 0;
  double seconds = 0;

  void add(const Outcome& outcome) {
    const char first = outcome.status[0];
    (first == 'o' ? passed : first == 'F' ? failed : leftOut)++;
    seconds += outcome.seconds;
  }
};

void printTable(const std::map<std::string, Group>& groups, const Group& all) {
  const auto line = [](const char* name, const Group& g) {
    std::printf("%-20s %6d %6d %8d %8.1f s\n", name, g.passed, g.failed, g.leftOut, g.seconds);
  };
  std::printf("%-20s %6s %6s %8s %10s\n", "group", "passed", "failed", "left out", "time");
  for (const auto& [name, group] : groups) line(name.c_str(), group);
  line("all", all);
}

std::string toJson(const CudaApi& api, const std::string& device,
                   const std::vector<Outcome>& outcomes) {
  std::vector<std::string> items;
  for (const Outcome& o : outcomes) {
    items.push_back("{\"name\": " + quoted(o.name) + ", \"status\": " + quoted(o.status) +
                    ", \"seconds\": " + number(o.seconds) + ", \"error\": " + quoted(o.error) +
                    "}");
  }
  return "{\"kind\": " + quoted(api.kind) + ", \"device\": " + quoted(device) +
         ", \"checks\": [\n  " + listed(items, ",\n  ") + "\n]}\n";
}

}  // namespace

int runChecks(const CudaApi& api, const Options& options) {
  const Clock::time_point start = Clock::now();
  Context context{api, options.device, options.seed, options.effort};
  const std::string device = api.devices()[options.device].name;
  std::printf("%s: %s\n", api.kind, device.c_str());
  std::vector<Outcome> outcomes;
  std::map<std::string, Group> groups;
  Group all;
  for (const Check& check : checks()) {
    if (!options.wants(check.name)) continue;
    const bool isLate = options.budget > 0 && secondsSince(start) > options.budget;
    const Outcome outcome =
        isLate ? Outcome{check.name, "left out", 0, "no time"} : outcomeOf(check, context);
    print(outcome);
    groups[check.name.substr(0, check.name.find('/'))].add(outcome);
    all.add(outcome);
    outcomes.push_back(outcome);
  }
  printTable(groups, all);
  std::printf("%d passed, %d failed, %d left out\n", all.passed, all.failed, all.leftOut);
  const bool isWritten =
      options.json.empty() || writeText(options.json, toJson(api, device, outcomes));
  if (!isWritten) std::fprintf(stderr, "%s cannot be written\n", options.json.c_str());
  return all.failed > 0 || all.passed == 0 || !isWritten ? 1 : 0;
}

}  // namespace evensr::driver
