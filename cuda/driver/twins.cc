#include "twins.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace evensr::driver {
namespace {

template <class T>
void compare(const std::vector<T>& cpu, const std::vector<T>& device, const Tolerance& tolerance,
             const std::string& what) {
  if (cpu.size() != device.size()) {
    throw Failed() << what << ": " << device.size() << " values instead of " << cpu.size();
  }
  double largest = 0;
  for (const T value : cpu) {
    if (std::isfinite(value)) largest = std::max(largest, std::fabs(static_cast<double>(value)));
  }
  for (size_t i = 0; i < cpu.size(); i++) {
    const T a = cpu[i], b = device[i];
    if (std::isnan(a) && std::isnan(b)) continue;
    if (tolerance.relative == 0
            ? std::memcmp(&a, &b, sizeof(T)) == 0
            : a == b || std::fabs(static_cast<double>(a) - b) <= tolerance.relative * largest) {
      continue;
    }
    throw Failed() << what << ": value " << i << " of " << cpu.size() << " is " << b
                   << ", on the CPU " << a << " (largest " << largest << ")";
  }
}

}  // namespace

Backends::Backends(Context& context, Precision precision)
    : backends_{createCpuNetworkBackend(1, precision),
                context.api.networkBackend(context.device, precision)} {
  both([](NetworkBackend& backend, Side) { backend.makeCurrent(); });
}

void requireLike(const std::vector<float>& cpu, const std::vector<float>& device,
                 const Tolerance& tolerance, const std::string& what) {
  compare(cpu, device, tolerance, what);
}

void requireLike(const std::vector<double>& cpu, const std::vector<double>& device,
                 const Tolerance& tolerance, const std::string& what) {
  compare(cpu, device, tolerance, what);
}

std::vector<float> someValues(Dice& dice, size_t count) {
  std::vector<float> values(count);
  for (float& value : values) {
    const double v = dice.between(-2, 2);
    value = static_cast<float>(dice.chance(0.3) ? std::round(v) / 2 : v);
  }
  return values;
}

TwinBlock::TwinBlock(const Backends& backends, const std::vector<float>& values)
    : backends_(backends), count_(values.size()) {
  backends.both([&](NetworkBackend& backend, Side side) {
    memory_[side] = backend.allocate(count_ * sizeof(float));
    backend.upload(values.data(), (*this)[side], count_);
  });
}

std::vector<float> TwinBlock::values(Side side) const {
  std::vector<float> result(count_);
  backends_[side].download((*this)[side], result.data(), count_);
  return result;
}

Twin::Twin(const Backends& backends, Dice& dice, const Shape& shape, const Slice& slice)
    : backends_(backends), shape_(shape), whole_(shape), slice_(slice) {
  if (slice.channels > 0) whole_.c = slice.channels;
  const std::vector<float> planar = someValues(dice, whole_.elements());
  backends.both([&](NetworkBackend& backend, Side side) {
    memory_[side] = backend.allocate(backend.activationBytes(whole_));
    backend.fromPlanar(planar.data(), {whole_, memory_[side]->data(), 0});
  });
}

Activation Twin::operator[](Side side) const {
  char* data = static_cast<char*>(memory_[side]->data());
  return {shape_, data + backends_[side].channelOffset(slice_.first), slice_.channels};
}

std::vector<float> Twin::values(Side side) const {
  std::vector<float> result(whole_.elements());
  backends_[side].toPlanar({whole_, memory_[side]->data(), 0}, result.data());
  return result;
}

std::string textOf(const Shape& shape) {
  return std::to_string(shape.n) + " x " + std::to_string(shape.c) + " x " +
         std::to_string(shape.h) + " x " + std::to_string(shape.w);
}

}  // namespace evensr::driver
