// Noise of every kind, on images of awkward sizes and one large one.
#include <algorithm>
#include <cmath>

#include "operator_check.h"

namespace evensr::driver {
namespace {

NoiseJob noiseJob(Dice& dice, Size size, NoiseType type, NoiseChannels channels, float level,
                  double vals = 0) {
  NoiseJob job = {};
  job.image = {nullptr, 3, size.height, size.width};
  job.parameters.type = type;
  job.parameters.level = level;
  job.parameters.channels = channels;
  job.parameters.vals = vals;
  for (float& value : job.parameters.mix) value = static_cast<float>(dice.between(-0.6, 0.6));
  job.key = {dice.word(), dice.word()};
  job.grayKey = {dice.word(), dice.word()};
  job.stage = dice.integer(2);
  return job;
}

struct Batch {
  std::vector<NoiseJob> jobs;
  std::vector<std::vector<float>> pictures;
  void add(Dice& dice, const NoiseJob& job, Picture picture) {
    jobs.push_back(job);
    pictures.push_back(pictureOf(dice, picture, {job.image.height, job.image.width}));
  }
};

double valsFor(Dice& dice) {
  constexpr double kVals[] = {0.3, 1,   31.9, 32,   32.2, 64,    100,
                              255, 256, 1000, 4711, 1e4,  32768, 1 << 20};
  return kVals[dice.integer(14)];
}

// Every size with every kind of picture.
void checkType(Context& context, NoiseType type, NoiseChannels channels, bool hasVals) {
  Dice dice(context.seed);
  Batch batch;
  const auto add = [&](Size size, Picture picture) {
    const float level = static_cast<float>(dice.between(0, type == NoiseType::poisson ? 3 : 40));
    batch.add(dice, noiseJob(dice, size, type, channels, level, hasVals ? valsFor(dice) : 0),
              picture);
  };
  for (const Size size : awkwardSizes(dice, 1)) {
    add(size, static_cast<Picture>(dice.integer(kPictures)));
  }
  for (int round = 0; round < context.effort; round++) {
    for (int kind = 0; kind < kPictures; kind++) {
      add({50 + dice.integer(20), 70 + dice.integer(20)}, static_cast<Picture>(kind));
    }
  }
  add({157, 211}, Picture::smooth);
  compareInPlace(context, batch.jobs, batch.pictures, &DegradeBackend::noise);
}

struct KindOfNoise {
  const char* name;
  NoiseType type;
  NoiseChannels channels;
  bool hasVals;
};

constexpr KindOfNoise kKinds[] = {
    {"gaussian", NoiseType::gaussian, NoiseChannels::colour, false},
    {"gaussian-gray", NoiseType::gaussian, NoiseChannels::gray, false},
    {"gaussian-correlated", NoiseType::gaussian, NoiseChannels::correlated, false},
    {"speckle", NoiseType::speckle, NoiseChannels::colour, false},
    {"speckle-gray", NoiseType::speckle, NoiseChannels::gray, false},
    {"speckle-correlated", NoiseType::speckle, NoiseChannels::correlated, false},
    {"poisson", NoiseType::poisson, NoiseChannels::colour, false},
    {"poisson-gray", NoiseType::poisson, NoiseChannels::gray, false},
    {"photons", NoiseType::poisson, NoiseChannels::colour, true},
    {"photons-gray", NoiseType::poisson, NoiseChannels::gray, true}};

struct TypeChecks {
  TypeChecks() {
    for (const KindOfNoise& kind : kKinds) {
      checks().push_back({std::string("degrade/noise/") + kind.name, [&kind](Context& context) {
                            checkType(context, kind.type, kind.channels, kind.hasVals);
                          }});
    }
  }
};
const TypeChecks typeChecks;

// As many levels as it takes to tell all tables apart: powers of two and their neighbours.
const Registered levels("degrade/noise/levels", [](Context& context) {
  Dice dice(context.seed);
  Batch batch;
  for (const NoiseChannels channels : {NoiseChannels::colour, NoiseChannels::gray}) {
    for (int distinct = 1; distinct <= 256; distinct++) {
      const int above = distinct - 1;
      if ((distinct & above) != 0 && (above & (above - 1)) != 0) continue;
      const NoiseJob job = noiseJob(dice, {19, 43}, NoiseType::poisson, channels, 1);
      batch.jobs.push_back(job);
      std::vector<float> picture(3 * job.image.plane());
      // Gray levels of gray pixels are theirs, or close to it.
      for (size_t i = 0; i < picture.size(); i++) {
        const size_t pixel = i % job.image.plane();
        picture[i] = static_cast<float>(pixel % distinct * 255 / std::max(1, above)) / 255.0f;
      }
      batch.pictures.push_back(picture);
    }
  }
  compareInPlace(context, batch.jobs, batch.pictures, &DegradeBackend::noise);
});

// One pixel, somewhere, has the level that makes their number pass a power of two.
const Registered oneMore("degrade/noise/one-more-level", [](Context& context) {
  Dice dice(context.seed);
  Batch batch;
  for (const NoiseChannels channels : {NoiseChannels::colour, NoiseChannels::gray}) {
    for (int distinct = 1; distinct <= 128; distinct *= 2) {
      const NoiseJob job = noiseJob(dice, {61, 70}, NoiseType::poisson, channels, 1);
      batch.jobs.push_back(job);
      const size_t plane = job.image.plane();
      std::vector<float> picture(3 * plane);
      for (size_t i = 0; i < picture.size(); i++) {
        picture[i] = static_cast<float>(i % plane % distinct) / 255.0f;
      }
      const auto pixel = static_cast<size_t>(dice.integer(static_cast<int>(plane)));
      const auto only = static_cast<size_t>(dice.integer(3));
      for (size_t c = 0; c < 3; c++) {
        if (channels == NoiseChannels::gray || c == only) picture[c * plane + pixel] = 1;
      }
      batch.pictures.push_back(picture);
    }
  }
  compareInPlace(context, batch.jobs, batch.pictures, &DegradeBackend::noise);
});

// Rates on both sides of where rejection begins, at every level.
const Registered photons("degrade/noise/rates", [](Context& context) {
  Dice dice(context.seed);
  Batch batch;
  for (const double vals : {0.01, 31.0, 32.0, 33.0, 100.0, 1000.0, 30000.0, 1048576.0}) {
    const NoiseJob job =
        noiseJob(dice, {24, 32}, NoiseType::poisson, NoiseChannels::colour, 1, vals);
    batch.jobs.push_back(job);
    std::vector<float> picture(3 * job.image.plane());
    for (size_t i = 0; i < picture.size(); i++) {
      picture[i] = static_cast<float>(i % 256) / 255.0f;
    }
    batch.pictures.push_back(picture);
  }
  compareInPlace(context, batch.jobs, batch.pictures, &DegradeBackend::noise);
});

const Registered mixture("degrade/noise/mixture", [](Context& context) {
  Dice dice(context.seed);
  for (int round = 0; round < 2 * context.effort; round++) {
    Batch batch;
    for (int i = 0; i < 20; i++) {
      const KindOfNoise& kind = kKinds[dice.integer(10)];
      const Size size{1 + dice.integer(60), 1 + dice.integer(60)};
      batch.add(dice,
                noiseJob(dice, size, kind.type, kind.channels,
                         static_cast<float>(dice.between(0, 3)), kind.hasVals ? valsFor(dice) : 0),
                static_cast<Picture>(dice.integer(kPictures)));
    }
    compareInPlace(context, batch.jobs, batch.pictures, &DegradeBackend::noise);
  }
});

}  // namespace
}  // namespace evensr::driver
