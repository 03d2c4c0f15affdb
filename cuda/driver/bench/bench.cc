#include "bench/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "error.h"
#include "text.h"

namespace evensr::driver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFewestSamples = 3, kMostSamples = 200;
constexpr double kSecondsOfAPeersSample = 60;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double quantile(std::vector<double> values, double at) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(at * (values.size() - 1) + 0.5)];
}

Spread spreadOf(const std::vector<double>& values) {
  if (values.empty()) return {};
  return {quantile(values, 0.5), quantile(values, 0.1), quantile(values, 0.9),
          static_cast<int>(values.size())};
}

struct Contender {
  PeerFigure figure;
  std::vector<double> samples, ratios;

  // Its first sample is not counted: it compiles and finds its algorithms.
  void take(Peer& peer, double ours, double seconds, bool counts) {
    if (!figure.error.empty()) return;
    try {
      const std::string request = "{\"do\":\"once\",\"variant\":" + quoted(figure.variant) + "}";
      const double theirs = std::stod(peer.ask(request, seconds).at(0));
      if (!counts) return;
      samples.push_back(theirs);
      ratios.push_back(theirs / ours);
    } catch (const std::exception& e) {
      figure.error = e.what();
    }
  }

  PeerFigure finish() {
    figure.milliseconds = spreadOf(samples);
    if (!ratios.empty()) figure.ratio = quantile(ratios, 0.5);
    return figure;
  }
};

std::string toJson(const Spread& s) {
  return "{\"median\": " + number(s.median) + ", \"p10\": " + number(s.p10) +
         ", \"p90\": " + number(s.p90) + ", \"n\": " + std::to_string(s.count) + "}";
}

std::string toJson(const Row& row) {
  std::vector<std::string> peers;
  for (const PeerFigure& p : row.peers) {
    peers.push_back("{\"variant\": " + quoted(p.variant) +
                    ", \"milliseconds\": " + toJson(p.milliseconds) +
                    ", \"ratio\": " + number(p.ratio) + ", \"error\": " + quoted(p.error) + "}");
  }
  return "{\"name\": " + quoted(row.name) + ", \"milliseconds\": " + toJson(row.milliseconds) +
         ", \"perSecond\": " + number(row.perSecond) +
         ", \"share\": " + (row.share < 0 ? "null" : number(row.share)) + ", \"peers\": [" +
         listed(peers, ", ") + "], \"leftOut\": " + quoted(row.leftOut) + "}";
}

void print(const Row& row) {
  if (!row.leftOut.empty()) {
    std::printf("%-34s left out: %s\n", row.name.c_str(), row.leftOut.c_str());
    return;
  }
  const Spread& s = row.milliseconds;
  std::printf("%-34s %10.3f ms (%.3f-%.3f, n %d) %10.1f images/s", row.name.c_str(), s.median,
              s.p10, s.p90, s.count, row.perSecond);
  if (row.share >= 0) std::printf("  %5.1f %%", 100 * row.share);
  for (const PeerFigure& peer : row.peers) {
    if (!peer.error.empty()) {
      std::printf("\n    %-30s %s", peer.variant.c_str(), peer.error.c_str());
    } else {
      std::printf("\n    %-30s %10.3f ms, %.2f times as long", peer.variant.c_str(),
                  peer.milliseconds.median, peer.ratio);
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

void print(const Ceilings& c) {
  std::printf("copy %.1f GB/s, fma %.2f TFLOP/s, mma.sync bf16 %.1f TFLOP/s\n", c.copy / 1e9,
              c.fma / 1e12, c.mma / 1e12);
  std::fflush(stdout);
}

std::vector<BenchCase> allCases(const Options& options) {
  std::vector<BenchCase> cases = degradationCases(options.tiny);
  for (const BenchCase& c : networkCases(options.tiny)) cases.push_back(c);
  return cases;
}

std::unique_ptr<Peer> peerFor(const Options& options) {
  if (options.peer.empty()) return nullptr;
  try {
    auto peer = std::make_unique<Peer>(options.peer, options.peerScript, options.peerDevice);
    std::printf("peer: %s\n", peer->description().c_str());
    return peer;
  } catch (const std::exception& e) {
    std::printf("no peer: %s\n", e.what());
    return nullptr;
  }
}

// E_MEMORY is no failure: the card is too small for the case.
std::vector<Row> rowsOf(const BenchCase& c, Bench& bench, bool& failed) {
  Row row;
  row.name = c.name;
  try {
    return c.run(bench);
  } catch (const CodedError& e) {
    row.leftOut = e.code() + ": " + e.what();
    failed = failed || e.code() != "E_MEMORY";
  } catch (const std::exception& e) {
    row.leftOut = std::string("FAILED: ") + e.what();
    failed = true;
  }
  return {row};
}

bool save(const Bench& bench, const CudaDevice& device, const std::vector<Row>& rows) {
  if (bench.options.json.empty()) return true;
  std::vector<std::string> items;
  for (const Row& row : rows) items.push_back(toJson(row));
  const Ceilings& c = bench.ceilings;
  return writeText(bench.options.json,
                   "{\"kind\": " + quoted(bench.api.kind) + ", \"device\": " + quoted(device.name) +
                       ", \"meaningless\": " + (bench.options.tiny ? "true" : "false") +
                       ", \"peer\": " + quoted(bench.peer ? bench.peer->description() : "") +
                       ",\n \"ceilings\": {\"copyBytesPerSecond\": " + number(c.copy) +
                       ", \"fmaFlops\": " + number(c.fma) + ", \"mmaFlops\": " + number(c.mma) +
                       "},\n \"cases\": [\n  " + listed(items, ",\n  ") + "\n]}\n");
}

}  // namespace

Row Bench::compare(const std::string& name, int images, const Once& ours,
                   const std::vector<std::string>& variants) {
  std::vector<Contender> contenders(peer ? variants.size() : 0);
  for (size_t i = 0; i < contenders.size(); i++) contenders[i].figure.variant = variants[i];
  for (int warm = 0; warm < 2; warm++) ours();
  for (Contender& c : contenders) c.take(*peer, 1, options.tiny ? 600 : 90, false);
  std::vector<double> samples;
  const Clock::time_point start = Clock::now();
  const int fewest = options.tiny ? 1 : kFewestSamples;
  for (int i = 0; i < kMostSamples; i++) {
    if (i >= fewest && secondsSince(start) > seconds) break;
    samples.push_back(ours());
    for (Contender& c : contenders) c.take(*peer, samples.back(), kSecondsOfAPeersSample, true);
  }
  Row row;
  row.name = name;
  row.milliseconds = spreadOf(samples);
  row.perSecond = images / row.milliseconds.median * 1e3;
  for (Contender& c : contenders) row.peers.push_back(c.finish());
  return row;
}

int listBenchmarks(const Options& options) {
  for (const BenchCase& c : allCases(options)) std::printf("%s\n", c.name.c_str());
  return 0;
}

int runBenchmarks(const CudaApi& api, const Options& options) {
  const Clock::time_point start = Clock::now();
  const CudaDevice device = api.devices()[options.device];
  std::printf("%s: %s, sm_%d%d, %d multiprocessors, %.1f GiB\n", api.kind, device.name.c_str(),
              device.major, device.minor, device.multiprocessors, device.memory / 1073741824.0);
  if (options.tiny) std::printf("tiny sizes: no figure below means anything\n");
  const std::unique_ptr<Peer> peer = peerFor(options);
  Bench bench{api, options, measureCeilings(options.device, options.tiny), peer.get(),
              options.tiny ? 0 : 3.0};
  print(bench.ceilings);
  std::vector<Row> rows;
  bool failed = false;
  for (const BenchCase& c : allCases(options)) {
    if (!options.wants(c.name)) continue;
    std::vector<Row> added;
    if (options.budget > 0 && secondsSince(start) > options.budget) {
      Row late;
      late.name = c.name;
      late.leftOut = "no time";
      added = {late};
    } else {
      added = rowsOf(c, bench, failed);
    }
    for (const Row& row : added) print(row);
    rows.insert(rows.end(), added.begin(), added.end());
    // What there is survives a run that is cut off.
    if (!save(bench, device, rows)) {
      std::fprintf(stderr, "%s cannot be written\n", options.json.c_str());
      return 1;
    }
  }
  std::printf("\n");
  print(bench.ceilings);
  for (const Row& row : rows) print(row);
  return failed || rows.empty() ? 1 : 0;
}

}  // namespace evensr::driver
