// Rows of a picture: planes of float32 in [0, 1] to interleaved integers, and their resize.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace evensr {

bool isFiniteRow(const float* values, size_t count);

// Planes (channels, width), the last of which is alpha: the colours were multiplied by it.
void divideByAlpha(float* planes, int channels, size_t width);

// Clamped to [0, 1], times 255 or 65535, rounded half to even, interleaved.
void packRow(const float* planes, int channels, size_t width, int depth, uint8_t* out);

// Bicubic resize along one axis with the conventions of math/metrics.h, antialiased.
class ResizeAxis {
 public:
  ResizeAxis() = default;
  ResizeAxis(int in, int out);

  // The first and the last input of output i.
  int first(int i) const;
  int last(int i) const;
  // Both in float32; `in` holds all inputs, `out` all outputs of a line.
  void resizeLine(const float* in, float* out) const;
  // The weighted sum of the rows of output i, `row` giving an input row of `width` values.
  void combine(int i, const std::function<const float*(int)>& row, size_t width, float* out) const;

 private:
  size_t count(int i) const { return starts_[i + 1] - starts_[i]; }

  std::vector<size_t> starts_;
  std::vector<int> indices_;
  std::vector<float> weights_;
};

}  // namespace evensr
