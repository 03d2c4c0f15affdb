// Degradations: the device gives the bytes that the CPU gives.
#include "degrade/degrade.h"

#include <cmath>
#include <cstring>
#include <memory>

#include "check.h"
#include "cpu/cpu_degrade.h"
#include "random_recipes.h"

namespace evensr::driver {
namespace {

struct Sample {
  ImagePlan plan;
  std::vector<float> gt, expected, received;
  std::string what;
};

std::vector<float> randomImage(Dice& dice, int height, int width) {
  std::vector<float> image(size_t{3} * height * width);
  const int kind = dice.integer(3);
  for (float& value : image) {
    const double u = dice.uniform();
    // noise; few levels; black and white with some values beyond the range a sharpening leaves
    value = static_cast<float>(kind == 0   ? u
                               : kind == 1 ? std::floor(u * 5) / 5
                                           : (u < 0.4   ? 0
                                              : u < 0.8 ? 1
                                                        : u));
  }
  return image;
}

Sample sampleOf(Dice& dice, const Recipe& recipe, Size size, const DegradeBank& bank, int steps) {
  Sample sample;
  sample.plan = steps > 0 ? planSteps(recipe, size.height, size.width, bank, steps)
                          : planImage(recipe, size.height, size.width, bank);
  sample.gt = randomImage(dice, size.height, size.width);
  const size_t lq = size_t{3} * sample.plan.lqHeight * sample.plan.lqWidth;
  sample.expected.resize(lq);
  sample.received.resize(lq);
  sample.what = std::to_string(size.height) + " x " + std::to_string(size.width) + ":";
  for (int i = 0; i < sample.plan.count; i++) {
    const OperationRecord& record = recipe.records[i];
    sample.what += std::string(" ") + kOperationLayouts[static_cast<int>(record.code)].name + "(";
    for (const double value : record.parameters) sample.what += " " + std::to_string(value);
    sample.what += ")";
  }
  return sample;
}

void degradeOnCpu(std::vector<Sample>& batch, const DegradeBank& bank) {
  cpu::CpuDegradeBackend backend;
  Degrader degrader(backend);
  for (Sample& s : batch) {
    const DegradeImage image{{s.gt.data(), 3, s.plan.gtHeight, s.plan.gtWidth},
                             &s.plan,
                             {s.expected.data(), 3, s.plan.lqHeight, s.plan.lqWidth}};
    degrader.run(&image, 1, bank);
  }
}

// The whole batch at once.
void degradeOnDevice(DeviceDegradeBackend& device, std::vector<Sample>& batch,
                     const DegradeBank& bank) {
  std::vector<DegradeImage> images;
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  const auto imageOf = [&](int height, int width) {
    memory.push_back(device.allocate(size_t{3} * height * width * sizeof(float)));
    return ImageView{static_cast<float*>(memory.back()->data()), 3, height, width};
  };
  for (Sample& s : batch) {
    const ImageView gt = imageOf(s.plan.gtHeight, s.plan.gtWidth);
    device.upload(s.gt.data(), gt.data, s.gt.size() * sizeof(float));
    images.push_back({gt, &s.plan, imageOf(s.plan.lqHeight, s.plan.lqWidth)});
  }
  Degrader degrader(device);
  degrader.run(images.data(), static_cast<int>(images.size()), bank);
  for (size_t i = 0; i < batch.size(); i++) {
    device.download(images[i].lq.data, batch[i].received.data(),
                    batch[i].received.size() * sizeof(float));
  }
}

void requireSameBytes(const std::vector<Sample>& batch) {
  for (const Sample& s : batch) {
    for (size_t i = 0; i < s.expected.size(); i++) {
      if (std::memcmp(&s.expected[i], &s.received[i], sizeof(float)) == 0) continue;
      throw Failed() << "value " << i << " of " << s.expected.size() << " is " << s.received[i]
                     << ", expected " << s.expected[i] << "; " << s.what;
    }
  }
}

void compare(DeviceDegradeBackend& device, std::vector<Sample>& batch, const DegradeBank& bank) {
  degradeOnCpu(batch, bank);
  degradeOnDevice(device, batch, bank);
  requireSameBytes(batch);
}

// Batches of recipes with this one operation, on images of mixed sizes.
void checkOperation(Context& context, OperationType type) {
  const TestBank bank;
  Dice dice(context.seed);
  const auto device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  for (int round = 0; round < 3 * context.effort; round++) {
    std::vector<Sample> batch;
    for (int i = 0; i < 12; i++) {
      Size size{3 + dice.integer(40), 3 + dice.integer(40)};
      if (i == 0) size = {kBankPatchSize, kBankPatchSize - 7};
      if (i == 1) size = {2, 2};
      Recipe recipe = emptyRecipe(dice, 1);
      Size after = size;
      if (!addRandomOperation(dice, type, 1, after, recipe)) continue;
      batch.push_back(sampleOf(dice, recipe, size, bank.bank, 1));
    }
    compare(*device, batch, bank.bank);
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
       {OperationType::blur, OperationType::noise, OperationType::jpeg}) {
    for (const Size size : {Size{1, 1}, Size{1, 9}, Size{9, 1}, Size{2, 3}}) {
      for (int i = 0; i < 4; i++) {
        Recipe recipe = emptyRecipe(dice, 1);
        Size after = size;
        addRandomOperation(dice, type, 1, after, recipe);
        batch.push_back(sampleOf(dice, recipe, size, bank.bank, 1));
      }
    }
  }
  compare(*device, batch, bank.bank);
});

const Registered sharpening("degrade/usm", [](Context& context) {
  Dice dice(context.seed);
  const auto device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  cpu::CpuDegradeBackend cpu;
  std::vector<CopyJob> jobs;
  std::vector<std::vector<float>> images, expected;
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  for (const Size size : {Size{96, 70}, Size{1, 1}, Size{5, 200}, Size{64, 64}, Size{131, 65}}) {
    images.push_back(randomImage(dice, size.height, size.width));
    std::vector<float>& image = images.back();
    expected.emplace_back(image.size());
    const CopyJob onCpu{{image.data(), 3, size.height, size.width},
                        {expected.back().data(), 3, size.height, size.width}};
    cpu.usm(&onCpu, 1);
    ImageView views[2];
    for (ImageView& view : views) {
      memory.push_back(device->allocate(image.size() * sizeof(float)));
      view = {static_cast<float*>(memory.back()->data()), 3, size.height, size.width};
    }
    device->upload(image.data(), views[0].data, image.size() * sizeof(float));
    jobs.push_back({views[0], views[1]});
  }
  device->usm(jobs.data(), static_cast<int>(jobs.size()));
  for (size_t i = 0; i < jobs.size(); i++) {
    std::vector<float> received(images[i].size());
    device->download(jobs[i].out.data, received.data(), received.size() * sizeof(float));
    if (std::memcmp(received.data(), expected[i].data(), received.size() * sizeof(float)) != 0) {
      throw Failed() << "an image of " << jobs[i].in.height << " x " << jobs[i].in.width
                     << " differs from the CPU's";
    }
  }
});

// Whole recipes, in batches of different images.
const Registered recipes("degrade/recipes", [](Context& context) {
  const TestBank bank;
  Dice dice(context.seed);
  const auto device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  const int wanted = context.effort == 0 ? 50 : 500 * context.effort;
  for (int done = 0; done < wanted;) {
    std::vector<Sample> batch;
    for (int left = 1 + dice.integer(16); left > 0; left--) {
      const int scale = 1 + dice.integer(4);
      const Size gt{scale * (3 + dice.integer(8)), scale * (3 + dice.integer(8))};
      batch.push_back(sampleOf(dice, randomRecipe(dice, scale, gt), gt, bank.bank, 0));
    }
    compare(*device, batch, bank.bank);
    done += static_cast<int>(batch.size());
  }
});

}  // namespace
}  // namespace evensr::driver
