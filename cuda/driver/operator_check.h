// Checks of one operator of the degradations: the device gives the bytes that the CPU gives.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "cpu/cpu_degrade.h"
#include "random_recipes.h"

namespace evensr::driver {

// What the values of a test image are like.
enum class Picture {
  smooth,   // gradients, as photographs have them
  noise,    // all values
  few,      // of few levels
  extreme,  // black, white, and what no picture has: values beyond them, infinities, NaN
};
constexpr int kPictures = 4;

// Three planes, one after the other.
std::vector<float> pictureOf(Dice& dice, Picture picture, Size size);

// Sizes that are small, odd, one pixel wide or high, and just at or beside multiples of the blocks
// of JPEG; none has a side below `smallest`.
std::vector<Size> awkwardSizes(Dice& dice, int smallest);

// "the value at plane 2, row 3, column 4 is ..., expected ...", or nothing where all bytes agree.
std::string differenceOf(const std::vector<float>& received, const std::vector<float>& expected,
                         Size size);

// Runs the jobs as one batch on the device and one by one on the CPU, each on its picture, and
// throws when one differs. The jobs work in place; their images have sizes, but no data yet.
template <class Job>
void compareInPlace(Context& context, std::vector<Job> jobs,
                    const std::vector<std::vector<float>>& pictures,
                    void (DegradeBackend::*method)(const Job*, int)) {
  const std::unique_ptr<DeviceDegradeBackend> device = context.api.degradeBackend(context.device);
  device->makeCurrent();
  std::vector<std::vector<float>> expected = pictures;
  cpu::CpuDegradeBackend cpu;
  for (size_t i = 0; i < jobs.size(); i++) {
    jobs[i].image.data = expected[i].data();
    (cpu.*method)(&jobs[i], 1);
  }
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  for (size_t i = 0; i < jobs.size(); i++) {
    const size_t bytes = pictures[i].size() * sizeof(float);
    memory.push_back(device->allocate(bytes));
    jobs[i].image.data = static_cast<float*>(memory.back()->data());
    device->upload(pictures[i].data(), jobs[i].image.data, bytes);
  }
  ((*device).*method)(jobs.data(), static_cast<int>(jobs.size()));
  for (size_t i = 0; i < jobs.size(); i++) {
    std::vector<float> received(pictures[i].size());
    device->download(jobs[i].image.data, received.data(), received.size() * sizeof(float));
    const Size size{jobs[i].image.height, jobs[i].image.width};
    const std::string difference = differenceOf(received, expected[i], size);
    if (!difference.empty()) {
      throw Failed() << "job " << i << " of " << jobs.size() << ", " << size.height << " x "
                     << size.width << ": " << difference;
    }
  }
}

}  // namespace evensr::driver
