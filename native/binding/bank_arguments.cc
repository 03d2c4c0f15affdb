#include "binding/bank_arguments.h"

#include <cmath>
#include <string>

#include "binding/decode.h"
#include "binding/native_pack.h"
#include "degrade/kernels.h"
#include "error.h"

namespace evensr {
namespace {

constexpr int kMaxPatch = 1 << 15;
constexpr size_t kPlace = 3;  // image, top, left

// Twenty blurs with a gain of 10 stay within float; no kernel of a lens comes near it.
constexpr double kMaxGain = 10;

void checkKernel(const float* taps, size_t count, size_t number) {
  double sum = 0, gain = 0;
  for (size_t i = 0; i < count; i++) {
    sum += taps[i];
    gain += std::fabs(taps[i]);
  }
  const std::string name = "kernel " + std::to_string(number);
  // NaN and infinities fail as well
  if (!(sum > 0.999 && sum < 1.001)) {
    throw CodedError("E_KERNEL", name + " has the sum " + std::to_string(sum) + ", it must be 1");
  }
  if (gain > kMaxGain) {
    throw CodedError("E_KERNEL", name + " has taps whose magnitudes sum to " +
                                     std::to_string(gain) + ", at most 10 is allowed");
  }
}

}  // namespace

void readKernels(const Napi::Object& kernels, DegradeBank& bank) {
  bank.kernelSize =
      static_cast<int>(integerBetween(kernels.Get("size"), 3, kMaxKernelSize, "kernels.size"));
  if (bank.kernelSize % 2 == 0) throw CodedError("E_SHAPE", "kernels.size must be odd");
  bank.kernels = float32Array(kernels.Get("taps"), "kernels.taps");
  const size_t taps = static_cast<size_t>(bank.kernelSize) * bank.kernelSize;
  if (bank.kernels.empty() || bank.kernels.size() % taps != 0) {
    throw CodedError("E_SHAPE", "kernels.taps must hold " + std::to_string(taps) +
                                    " numbers a kernel, received " +
                                    std::to_string(bank.kernels.size()));
  }
  bank.kernelCount = static_cast<int>(bank.kernels.size() / taps);
  for (int i = 0; i < bank.kernelCount; i++) checkKernel(bank.kernel(i), taps, i);
}

std::shared_ptr<const PackFile> readPatches(const Napi::Object& patches, DegradeBank& bank) {
  auto pack = unwrapAs<NativePack>(patches.Get("pack"), "patches.pack").file();
  bank.patchSize =
      static_cast<int>(integerBetween(patches.Get("size"), 1, kMaxPatch, "patches.size"));
  const std::vector<int32_t> places = int32Array(patches.Get("places"), "patches.places");
  if (places.empty() || places.size() % kPlace != 0) {
    throw CodedError("E_SHAPE", "patches.places must hold three numbers a patch, received " +
                                    std::to_string(places.size()));
  }
  const auto& images = pack->images();
  for (size_t i = 0; i < places.size(); i += kPlace) {
    const int image = places[i], top = places[i + 1], left = places[i + 2];
    const bool there = image >= 0 && static_cast<size_t>(image) < images.size() && top >= 0 &&
                       left >= 0 && top <= images[image].height - bank.patchSize &&
                       left <= images[image].width - bank.patchSize;
    if (!there) {
      throw CodedError("E_CROP", "patch " + std::to_string(i / kPlace) + " leaves its image");
    }
    const size_t stride = static_cast<size_t>(images[image].width) * 3;
    bank.patches.push_back({pack->pixels(image) + top * stride + left * size_t{3}, stride});
  }
  return pack;
}

}  // namespace evensr
