// Training steps, with and without a discriminator, and inference.
#include <chrono>
#include <cmath>

#include "bench/bench.h"
#include "bench/folder.h"
#include "text.h"
#include "training.h"

namespace evensr::driver {
namespace {

constexpr int kScale = 4;

struct Architecture {
  const char* name;
  std::string peer;  // as benchmarks/peers/networks.py's build() reads it
  double macs;       // per pixel of lq, forward; 0: not counted
  std::function<Network()> make;
};

std::string peerNetwork(const char* type, int features, const std::string& more) {
  return std::string("{\"type\":\"") + type +
         "\",\"scale\":4,\"numFeat\":" + std::to_string(features) + "," + more + "}";
}

Architecture srvggOf(const char* name, int features, int convolutions, double macs) {
  const std::string more = "\"activation\":\"prelu\",\"numConv\":" + std::to_string(convolutions);
  return {name, peerNetwork("srvgg", features, more), macs,
          [=] { return srvgg(kScale, features, convolutions); }};
}

Architecture msrresnetOf(int features, int blocks, double macs) {
  return {"msrresnet", peerNetwork("msrresnet", features, "\"numBlock\":" + std::to_string(blocks)),
          macs, [=] { return msrresnet(features, blocks); }};
}

Architecture rrdbnetOf(int features, int blocks, int growth, double macs) {
  const std::string more =
      "\"numBlock\":" + std::to_string(blocks) + ",\"numGrowCh\":" + std::to_string(growth);
  return {"rrdbnet", peerNetwork("rrdbnet", features, more), macs,
          [=] { return rrdbnet(features, blocks, growth); }};
}

enum class Work { train, gan, infer };
constexpr const char* kWorkNames[] = {"train", "gan", "infer"};

struct Settings {
  Architecture architecture;
  Work work;
  int batch, side, features;  // features: of the discriminator
  bool compiles = false;      // whether the peer may, which takes a minute or more
};

std::string nameOf(const Settings& s) {
  return std::string(kWorkNames[static_cast<int>(s.work)]) + "/" + s.architecture.name + "/B" +
         std::to_string(s.batch) + "/" + std::to_string(s.side);
}

double millisecondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

struct Trained {
  std::unique_ptr<Trainer> generator, discriminator;
  StepOptions options;

  double step(const BatchData& batch) {
    const StepOutcome outcome = finiteStep(*generator, batch, options);
    double sum = 0;
    for (const double loss : outcome.losses) sum += loss;
    return sum / outcome.losses.size();
  }
};

Trained trainedOn(const Settings& s, const Network& network, unsigned seed,
                  const std::function<std::unique_ptr<NetworkBackend>()>& backend) {
  TrainerOptions options = trainerOptions();
  options.inference = s.work == Work::infer;
  options.ganWeight = s.work == Work::gan ? 0.1 : 0;
  Trained trained;
  trained.generator = trainerOf(network, options, backend(), seed);
  trained.options.learningRate = trained.options.discriminatorLearningRate = 1e-4;
  if (s.work != Work::gan) return trained;
  trained.discriminator = trainerOf(unetDiscriminator(s.features), options, backend(), seed + 1);
  trained.generator->lendWorkspace(*trained.discriminator);
  trained.options.discriminator = trained.discriminator.get();
  return trained;
}

// Throws WrongResult when the device's picture or loss is not the CPU's, on one small lq. bfloat16
// has 8 bits.
void check(Bench& bench, const Settings& settings, const Network& network) {
  Settings small = settings;
  small.work = Work::infer;
  const unsigned seed = bench.options.seed;
  const auto onDevice = [&] {
    return bench.api.networkBackend(bench.options.device, Precision::bfloat16);
  };
  Trained cpu = trainedOn(small, network, seed, [] { return createCpuNetworkBackend(2); });
  Trained device = trainedOn(small, network, seed, onDevice);
  Dice dice(seed);
  const auto batch = drawBatch(dice, 1, bench.options.tiny ? 4 : 16);
  const Shape shape{1, 3, batch->lqHeight, batch->lqWidth};
  const FloatArray a = cpu.generator->forward(batch->lq.data(), shape, StateBlock::weights);
  const FloatArray b = device.generator->forward(batch->lq.data(), shape, StateBlock::weights);
  double square = 0, difference = 0;
  for (size_t i = 0; i < a.size(); i++) {
    square += double{a[i]} * a[i];
    difference += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  }
  const double distance = std::sqrt(difference / square);
  if (distance <= 2e-2) return;
  throw WrongResult("the picture is " + number(distance) + " off the CPU's");
}

// Has the peer do the same with the same weights, and compares its first loss with ours.
std::vector<std::string> prepare(Bench& bench, const Settings& s, const Folder& folder,
                                 Trained& ours, const BatchData& batch, double loss) {
  const std::vector<float> weights = ours.generator->getState(StateBlock::weights);
  folder.write("weights.f32", weights.data(), weights.size());
  folder.write("gt.f32", batch.gt.data(), batch.gt.size());
  folder.write("lq.f32", batch.lq.data(), batch.lq.size());
  const std::string request = "{\"do\":\"prepare_network\",\"folder\":" + quoted(folder.path()) +
                              ",\"network\":" + s.architecture.peer +
                              ",\"work\":" + quoted(kWorkNames[static_cast<int>(s.work)]) +
                              ",\"batch\":" + std::to_string(s.batch) +
                              ",\"side\":" + std::to_string(s.side) +
                              ",\"features\":" + std::to_string(s.features) +
                              ",\"compiles\":" + (s.compiles ? "true" : "false") +
                              ",\"tiny\":" + (bench.options.tiny ? "true" : "false") + "}";
  std::vector<std::string> answer = bench.peer->prepare(request, 120);
  const double theirs = std::stod(answer.at(0));
  if (!(std::fabs(theirs - loss) <= 2e-2 * loss)) {
    throw std::runtime_error("the peer's loss is " + answer[0] + ", ours " + number(loss));
  }
  answer.erase(answer.begin());
  return answer;
}

// Of the pixel loss alone, by a network that is not yet trained.
double firstLoss(Bench& bench, const Settings& s, const Network& network, const BatchData& batch) {
  Settings pixel = s;
  pixel.work = Work::infer;
  Trained trained = trainedOn(pixel, network, bench.options.seed, [&] {
    return bench.api.networkBackend(bench.options.device, Precision::bfloat16);
  });
  const BatchScores scores = trained.generator->measure(batch, StateBlock::weights, 0);
  double sum = 0;
  for (const double loss : scores.losses) sum += loss;
  return sum / scores.losses.size();
}

std::vector<Row> run(Bench& bench, const Settings& s) {
  const Network network = s.architecture.make();
  check(bench, s, network);
  Dice dice(bench.options.seed);
  const auto batch = drawBatch(dice, s.batch, s.side);
  const double loss = firstLoss(bench, s, network, *batch);
  Trained ours = trainedOn(s, network, bench.options.seed, [&] {
    return bench.api.networkBackend(bench.options.device, Precision::bfloat16);
  });
  const Folder folder;
  std::vector<std::string> variants;
  std::string refusal;
  if (bench.peer) {
    try {
      variants = prepare(bench, s, folder, ours, *batch, loss);
    } catch (const std::runtime_error& e) {
      refusal = e.what();
    }
  }
  const Shape shape{s.batch, 3, s.side, s.side};
  const int repeats = bench.options.tiny ? 1 : 5;
  const Once once = [&] {
    return millisecondsOf([&] {
             for (int i = 0; i < repeats; i++) {
               if (s.work != Work::infer) {
                 ours.step(*batch);
               } else {
                 ours.generator->forward(batch->lq.data(), shape, StateBlock::weights);
               }
             }
           }) /
           repeats;
  };
  Row row = bench.compare(nameOf(s), s.batch, once, variants);
  if (!refusal.empty()) row.peers.push_back({"torch", {}, 0, refusal});
  const double passes = s.work == Work::train ? 3 : s.work == Work::infer ? 1 : 0;
  const double flop = 2 * passes * s.architecture.macs * shape.n * shape.plane();
  if (flop > 0) row.share = flop / (row.milliseconds.median / 1e3) / bench.ceilings.mma;
  return {row};
}

}  // namespace

std::vector<BenchCase> networkCases(bool tiny) {
  std::vector<Settings> all;
  if (tiny) {
    for (const Architecture& a :
         {srvggOf("srvgg", 8, 1, 0), msrresnetOf(8, 1, 0), rrdbnetOf(8, 1, 4, 0)}) {
      all.push_back({a, Work::train, 1, 8, 4});
    }
    all.push_back({srvggOf("srvgg", 8, 1, 0), Work::gan, 1, 8, 4});
    all.push_back({srvggOf("srvgg", 8, 1, 0), Work::infer, 1, 8, 4});
  } else {
    const Architecture srvgg16 = srvggOf("srvgg-16", 64, 16, 0.619e6);
    const Architecture srvgg32 = srvggOf("srvgg-32", 64, 32, 1.209e6);
    const Architecture resnet = msrresnetOf(64, 16, 2.536e6);
    const Architecture rrdb = rrdbnetOf(64, 23, 32, 17.927e6);
    all = {{srvgg16, Work::train, 16, 64, 64, true}, {rrdb, Work::train, 12, 64, 64, true},
           {resnet, Work::train, 16, 64, 64, true},  {rrdb, Work::gan, 12, 64, 64},
           {rrdb, Work::infer, 1, 256, 64, true},    {srvgg16, Work::infer, 1, 256, 64},
           {srvgg32, Work::train, 16, 64, 64},       {srvgg16, Work::train, 48, 64, 64},
           {resnet, Work::train, 48, 64, 64},        {rrdb, Work::train, 4, 64, 64},
           {rrdb, Work::train, 48, 64, 64},          {rrdb, Work::train, 1, 64, 64},
           {srvgg32, Work::infer, 1, 256, 64},       {resnet, Work::infer, 1, 256, 64},
           {srvgg16, Work::train, 1, 64, 64},        {srvgg16, Work::train, 4, 64, 64},
           {resnet, Work::train, 1, 64, 64},         {resnet, Work::train, 4, 64, 64},
           {rrdb, Work::train, 16, 64, 64},          {rrdb, Work::gan, 4, 64, 64}};
  }
  std::vector<BenchCase> cases;
  for (const Settings& s : all) {
    cases.push_back({nameOf(s), [s](Bench& bench) { return run(bench, s); }});
  }
  return cases;
}

}  // namespace evensr::driver
