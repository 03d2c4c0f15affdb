// The same calls on the CPU's backend and on the device's, and whether their results agree.
#pragma once

#include <functional>

#include "check.h"
#include "random_recipes.h"

namespace evensr::driver {

// One of the two backends, with memory and random contents; both sides draw the same.
class Side {
 public:
  Side(NetworkBackend& backend, unsigned seed) : backend(backend), dice(seed) {}

  NetworkBackend& backend;
  Dice dice;

  // Random values in [-1, 1) that bfloat16 can hold, some of them 0.
  Activation image(const Shape& shape);
  // A slice of a random tensor of `whole` channels, from channel `first` on.
  Activation slice(const Shape& shape, int first, int whole);
  // Random values in [low, high), the same.
  float* block(size_t count, double low = -1, double high = 1);

  // What an image holds; of a slice the whole tensor, so that nothing beside it may change.
  std::vector<double> read(const Activation& x);
  std::vector<double> read(const float* block, size_t count);

 private:
  float* allocate(size_t floats);

  struct Slice {
    void* data;
    Activation whole;
  };
  std::vector<std::unique_ptr<DeviceMemory>> memory_;
  std::vector<Slice> slices_;
};

using Results = std::vector<std::vector<double>>;

// Runs `act` on the CPU in float32 and on the device, and compares what it returns. Two numbers
// agree when they differ by no more than `tolerance` times the largest magnitude of their list; 0:
// they are the same, bit for bit. Neither may be NaN.
void compareSides(Context& context, Precision precision, double tolerance,
                  const std::function<Results(Side&)>& act);

// The device's results twice: the same bits.
void compareRuns(Context& context, Precision precision, const std::function<Results(Side&)>& act);

}  // namespace evensr::driver
