// Single operations of degradations: the device gives the CPU's bits.
#include <cstring>

#include "cpu/cpu_degrade.h"
#include "degrade_samples.h"
#include "raw_backends.h"

namespace evensr::driver {
namespace {

// 3 .. 60 pixels a side, some with one above all.
Size sizeOf(Dice& dice, int i) {
  if (i == 0) return {kBankPatchSize, kBankPatchSize - 7};
  if (i == 1) return {2, 2};
  return {3 + dice.integer(58), 3 + dice.integer(58)};
}

// Batches of recipes with this one operation, on images of mixed sizes.
void checkOperation(Context& context, OperationType type) {
  const TestBank bank;
  Dice dice(context.seed);
  const auto device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  for (int round = 0; round < 5 * context.effort; round++) {
    std::vector<Sample> batch;
    for (int i = 0; i < 12; i++) {
      const Size size = sizeOf(dice, i);
      Recipe recipe = emptyRecipe(dice, 1);
      Size after = size;
      if (!addRandomOperation(dice, type, 1, after, recipe)) continue;
      batch.push_back(sampleOf(dice, recipe, size, bank.bank, 1));
    }
    ExactBackend exact(*device);
    compare(*device, exact, batch, bank.bank);
  }
}

struct OperationCheck {
  OperationCheck() {
    for (int type = 0; type < kOperationTypes; type++) {
      checks().push_back(
          {std::string("degrade/") + kOperationLayouts[type].name, [type](Context& context) {
             checkOperation(context, static_cast<OperationType>(type));
           }});
    }
  }
};
const OperationCheck operations;

// One pixel wide or high: borders are reflected into themselves.
const Registered slivers("degrade/slivers", [](Context& context) {
  const TestBank bank;
  Dice dice(context.seed);
  const auto device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  std::vector<Sample> batch;
  for (const OperationType type :
       {OperationType::blur, OperationType::noise, OperationType::inject, OperationType::jpeg}) {
    for (const Size size : {Size{1, 1}, Size{1, 9}, Size{9, 1}, Size{2, 3}}) {
      for (int i = 0; i < 4; i++) {
        Recipe recipe = emptyRecipe(dice, 1);
        Size after = size;
        addRandomOperation(dice, type, 1, after, recipe);
        batch.push_back(sampleOf(dice, recipe, size, bank.bank, 1));
      }
    }
  }
  ExactBackend exact(*device);
  compare(*device, exact, batch, bank.bank);
});

// A blur leaves out rows that the decimation behind it does not read.
const Registered decimatedBlurs("degrade/decimated-blurs", [](Context& context) {
  const TestBank bank;
  Dice dice(context.seed);
  const auto device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  std::vector<Sample> batch;
  for (int i = 0; i < 24 * context.effort; i++) {
    const Size size{4 + dice.integer(57), 4 + dice.integer(57)};
    Recipe recipe = emptyRecipe(dice, 1);
    Size after = size;
    addRandomOperation(dice, OperationType::blur, 1, after, recipe);
    addDecimation(2 + i % 3, 2, recipe);
    batch.push_back(sampleOf(dice, recipe, size, bank.bank, 2));
  }
  ExactBackend exact(*device);
  compare(*device, exact, batch, bank.bank);
});

// An operator that recipes do not name, called as it is.
void checkMethod(Context& context, void (DegradeBackend::*method)(const CopyJob*, int), float low,
                 float high) {
  Dice dice(context.seed);
  const auto device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  cpu::CpuDegradeBackend cpu;
  std::vector<CopyJob> jobs;
  std::vector<std::vector<float>> expected;
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  for (const Size size : {Size{96, 70}, Size{1, 1}, Size{5, 200}, Size{64, 64}, Size{131, 65}}) {
    std::vector<float> image = randomImage(dice, size.height, size.width);
    for (float& value : image) value = low + (high - low) * value;
    expected.emplace_back(image.size());
    const CopyJob onCpu{{image.data(), 3, size.height, size.width},
                        {expected.back().data(), 3, size.height, size.width}};
    (cpu.*method)(&onCpu, 1);
    ImageView views[2];
    for (ImageView& view : views) {
      memory.push_back(device->allocate(image.size() * sizeof(float)));
      view = {static_cast<float*>(memory.back()->data()), 3, size.height, size.width};
    }
    device->upload(image.data(), views[0].data, image.size() * sizeof(float));
    jobs.push_back({views[0], views[1]});
  }
  ((*device).*method)(jobs.data(), static_cast<int>(jobs.size()));
  for (size_t i = 0; i < jobs.size(); i++) {
    std::vector<float> received(expected[i].size());
    device->download(jobs[i].out.data, received.data(), received.size() * sizeof(float));
    if (std::memcmp(received.data(), expected[i].data(), received.size() * sizeof(float)) != 0) {
      throw Failed() << "an image of " << jobs[i].in.height << " x " << jobs[i].in.width
                     << " differs from the CPU's";
    }
  }
}

const Registered sharpening("degrade/usm", [](Context& context) {
  checkMethod(context, &DegradeBackend::usm, 0, 1);
});
const Registered copying("degrade/copy", [](Context& context) {
  checkMethod(context, &DegradeBackend::copy, -1, 2);
});
// Resizes leave values beyond the range.
const Registered rounding("degrade/quantize", [](Context& context) {
  checkMethod(context, &DegradeBackend::quantize, -0.2f, 1.3f);
});

}  // namespace
}  // namespace evensr::driver
