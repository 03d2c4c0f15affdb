// Tensors that the CPU's and the device's backend both hold, for checks that run the same operator
// on each.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "random_recipes.h"

namespace evensr::driver {

enum Side { kCpu, kDevice };

// Both backends; the CPU's has one thread.
class Backends {
 public:
  explicit Backends(Context& context, Precision precision = Precision::float32);
  NetworkBackend& operator[](Side side) const { return *backends_[side]; }
  // act(backend, side) for each.
  template <class Act>
  void both(const Act& act) const {
    for (const Side side : {kCpu, kDevice}) act(*backends_[side], side);
  }

 private:
  std::array<std::unique_ptr<NetworkBackend>, 2> backends_;
};

// How far a value of the device may be from the CPU's: `bits` not at all, else so many times the
// largest of the CPU's values. A NaN is like a NaN only.
struct Tolerance {
  double relative = 0;
};
constexpr Tolerance kSameBits{0};

// Throws when they differ; `what` begins the message.
void requireLike(const std::vector<float>& cpu, const std::vector<float>& device,
                 const Tolerance& tolerance, const std::string& what);
void requireLike(const std::vector<double>& cpu, const std::vector<double>& device,
                 const Tolerance& tolerance, const std::string& what);

// Values of both signs, some of them 0 and some of them equal.
std::vector<float> someValues(Dice& dice, size_t count);

// A flat block of values.
class TwinBlock {
 public:
  TwinBlock(const Backends& backends, const std::vector<float>& values);
  TwinBlock(const Backends& backends, Dice& dice, size_t count)
      : TwinBlock(backends, someValues(dice, count)) {}
  float* operator[](Side side) const { return static_cast<float*>(memory_[side]->data()); }
  std::vector<float> values(Side side) const;
  void requireSame(const Tolerance& tolerance, const std::string& what) const {
    requireLike(values(kCpu), values(kDevice), tolerance, what);
  }

 private:
  const Backends& backends_;
  size_t count_;
  std::array<std::unique_ptr<DeviceMemory>, 2> memory_;
};

// Where an activation lies among the channels of a larger one; 0 channels: it is a whole one.
struct Slice {
  int channels = 0, first = 0;
};

// An activation, filled with someValues(), as is all that it is a slice of.
class Twin {
 public:
  Twin(const Backends& backends, Dice& dice, const Shape& shape, const Slice& slice = {});
  Activation operator[](Side side) const;
  // Planar values of the whole tensor: what lies beside a slice must not change.
  std::vector<float> values(Side side) const;
  void requireSame(const Tolerance& tolerance, const std::string& what) const {
    requireLike(values(kCpu), values(kDevice), tolerance, what);
  }

 private:
  const Backends& backends_;
  Shape shape_, whole_;
  Slice slice_;
  std::array<std::unique_ptr<DeviceMemory>, 2> memory_;
};

// "3 x 5 x 7 x 9"
std::string textOf(const Shape& shape);

}  // namespace evensr::driver
