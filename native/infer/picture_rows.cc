#include "infer/picture_rows.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "clones.h"
#include "math/metrics.h"

namespace evensr {
namespace {

EVENSR_CLONES int countNonFinite(const float* values, size_t count) {
  int found = 0;
  for (size_t i = 0; i < count; i++) found |= values[i] - values[i] != 0;
  return found;
}

EVENSR_CLONES void multiplyClamped(const float* from, float most, size_t count, float* to) {
  for (size_t i = 0; i < count; i++) to[i] = std::min(std::max(from[i], 0.0f), 1.0f) * most;
}

EVENSR_CLONES void addScaled(const float* from, float weight, size_t count, float* to) {
  for (size_t i = 0; i < count; i++) to[i] += weight * from[i];
}

template <class Sample>
void interleave(const float* planes, int channels, size_t width, Sample* out) {
  constexpr float most = sizeof(Sample) == 1 ? 255.0f : 65535.0f;
  // Adding and subtracting 1.5 x 2^23 rounds half to even and vectorises, which rint does not
  // everywhere.
  constexpr float magic = 12582912.0f;
  float scaled[1024];
  for (int c = 0; c < channels; c++) {
    for (size_t from = 0; from < width; from += 1024) {
      const size_t count = std::min<size_t>(1024, width - from);
      multiplyClamped(planes + c * width + from, most, count, scaled);
      Sample* to = out + from * channels + c;
      for (size_t i = 0; i < count; i++) {
        to[i * channels] = static_cast<Sample>(static_cast<int>((scaled[i] + magic) - magic));
      }
    }
  }
}

}  // namespace

bool isFiniteRow(const float* values, size_t count) { return countNonFinite(values, count) == 0; }

void divideByAlpha(float* planes, int channels, size_t width) {
  const float* alpha = planes + (channels - 1) * width;
  for (int c = 0; c + 1 < channels; c++) {
    float* colour = planes + c * width;
    for (size_t x = 0; x < width; x++) colour[x] = alpha[x] > 0 ? colour[x] / alpha[x] : 0;
  }
}

void packRow(const float* planes, int channels, size_t width, int depth, uint8_t* out) {
  if (depth == 8)
    interleave(planes, channels, width, out);
  else
    interleave(planes, channels, width, reinterpret_cast<uint16_t*>(out));
}

ResizeAxis::ResizeAxis(int in, int out) {
  starts_.push_back(0);
  for (int i = 0; i < out; i++) {
    const ResizeTaps taps = bicubicTaps(in, out, i, true);
    indices_.insert(indices_.end(), taps.index.begin(), taps.index.end());
    for (const double weight : taps.weight) weights_.push_back(static_cast<float>(weight));
    starts_.push_back(indices_.size());
  }
}

int ResizeAxis::first(int i) const {
  return *std::min_element(&indices_[starts_[i]], &indices_[starts_[i]] + count(i));
}

int ResizeAxis::last(int i) const {
  return *std::max_element(&indices_[starts_[i]], &indices_[starts_[i]] + count(i));
}

void ResizeAxis::resizeLine(const float* in, float* out) const {
  for (size_t i = 0; i + 1 < starts_.size(); i++) {
    float sum = 0;
    for (size_t k = starts_[i]; k < starts_[i + 1]; k++) sum += weights_[k] * in[indices_[k]];
    out[i] = sum;
  }
}

void ResizeAxis::combine(int i, const std::function<const float*(int)>& row, size_t width,
                         float* out) const {
  std::fill_n(out, width, 0.0f);
  for (size_t k = starts_[i]; k < starts_[i + 1]; k++) {
    addScaled(row(indices_[k]), weights_[k], width, out);
  }
}

}  // namespace evensr
