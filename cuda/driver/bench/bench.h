// Benchmarks: each case checks its result, then takes turns with its peers.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/ceilings.h"
#include "bench/peer.h"
#include "cuda_abi.h"
#include "options.h"

namespace evensr::driver {

// Milliseconds of one sample's work, from its first call until the device is done with the last.
using Once = std::function<double()>;

struct Spread {
  double median = 0, p10 = 0, p90 = 0;
  int count = 0;
};

struct PeerFigure {
  std::string variant;
  Spread milliseconds;
  double ratio = 0;   // how many times as long it takes: median over neighbouring samples
  std::string error;  // why there is no figure
};

struct Row {
  std::string name;
  Spread milliseconds;   // of a batch or a picture
  double perSecond = 0;  // images
  double share = -1;     // of the measured ceiling, where the work is counted; -1: it is not
  std::vector<PeerFigure> peers;
  std::string leftOut;  // why there are no figures
};

// What a case may use.
struct Bench {
  const CudaApi& api;
  const Options& options;
  Ceilings ceilings;  // measured before all other cases
  Peer* peer;         // null: there is none
  double seconds;     // how long one case may take samples

  // Takes turns: one sample of ours, one of every variant of the peer, and so on; `images`: in one
  // sample. The peer has been prepared with what the variants are to do.
  Row compare(const std::string& name, int images, const Once& ours,
              const std::vector<std::string>& variants);
};

struct BenchCase {
  std::string name;
  std::function<std::vector<Row>(Bench&)> run;
};

// In the order of their importance.
std::vector<BenchCase> degradationCases(bool tiny);
std::vector<BenchCase> networkCases(bool tiny);

int listBenchmarks(const Options& options);
// The exit status: 1 when a case failed, that is when a result was wrong.
int runBenchmarks(const CudaApi& api, const Options& options);

// A result that is not what it must be.
class WrongResult : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace evensr::driver
