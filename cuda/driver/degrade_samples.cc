#include "degrade_samples.h"

#include <cmath>
#include <cstring>
#include <memory>

#include "cpu/cpu_degrade.h"
#include "raw_backends.h"

namespace evensr::driver {
namespace {

void degradeOnCpu(std::vector<Sample>& batch, const DegradeBank& bank) {
  cpu::CpuDegradeBackend cpu;
  UnroundedBackend backend(cpu);
  Degrader degrader(backend);
  for (Sample& s : batch) {
    const DegradeImage image{{s.gt.data(), 3, s.plan.gtHeight, s.plan.gtWidth},
                             &s.plan,
                             {s.expected.data(), 3, s.plan.lqHeight, s.plan.lqWidth}};
    degrader.run(&image, 1, bank);
  }
}

void degradeOnDevice(DeviceDegradeBackend& device, DegradeBackend& backend,
                     std::vector<Sample>& batch, const DegradeBank& bank) {
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
  Degrader degrader(backend);
  degrader.run(images.data(), static_cast<int>(images.size()), bank);
  for (size_t i = 0; i < batch.size(); i++) {
    device.download(images[i].lq.data, batch[i].received.data(),
                    batch[i].received.size() * sizeof(float));
  }
}

void requireSameBits(const std::vector<Sample>& batch) {
  for (const Sample& s : batch) {
    for (size_t i = 0; i < s.expected.size(); i++) {
      if (std::memcmp(&s.expected[i], &s.received[i], sizeof(float)) == 0) continue;
      throw Failed() << "value " << i << " of " << s.expected.size() << " is " << s.received[i]
                     << ", expected " << s.expected[i] << "; " << s.what;
    }
  }
}

}  // namespace

std::vector<float> randomImage(Dice& dice, int height, int width) {
  std::vector<float> image(size_t{3} * height * width);
  const int kind = dice.integer(3);
  for (float& value : image) {
    const double u = dice.uniform();
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

void compare(DeviceDegradeBackend& device, DegradeBackend& backend, std::vector<Sample>& batch,
             const DegradeBank& bank) {
  degradeOnCpu(batch, bank);
  degradeOnDevice(device, backend, batch, bank);
  requireSameBits(batch);
}

}  // namespace evensr::driver
