// What recipes refer to by number: estimated blur kernels and patches of real noise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evensr {

// 8-bit RGB pixels of a square patch, HWC; rows are `stride` bytes apart.
struct NoisePatch {
  const uint8_t* pixels;
  size_t stride;
};

// Empty where the recipes use neither.
struct DegradeBank {
  std::vector<float> kernels;  // (kernelCount, kernelSize, kernelSize), each with the sum 1
  int kernelSize = 0;
  int kernelCount = 0;
  std::vector<NoisePatch> patches;
  int patchSize = 0;

  const float* kernel(int index) const {
    return kernels.data() + static_cast<size_t>(index) * kernelSize * kernelSize;
  }
};

}  // namespace evensr
