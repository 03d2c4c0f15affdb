#include "cpu/brisque.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "error.h"
#include "math/brisque.h"

namespace evensr {
namespace {

struct Plane {
  int height, width;
  std::vector<float> values;

  Plane(int rows, int columns)
      : height(rows), width(columns), values(static_cast<size_t>(rows) * columns) {}
  const float* row(int y) const { return &values[static_cast<size_t>(y) * width]; }
  float* row(int y) { return &values[static_cast<size_t>(y) * width]; }
  // Outside, the nearest pixel.
  float at(int y, int x) const {
    return row(std::clamp(y, 0, height - 1))[std::clamp(x, 0, width - 1)];
  }
};

// a b + c rounded once, but for a double rounding that hardly ever matters.
float fused(float a, float b, float c) { return static_cast<float>(double{a} * b + c); }

Plane grayOf(const uint8_t* image, int height, int width, int border) {
  Plane gray(height - 2 * border, width - 2 * border);
  for (int y = 0; y < gray.height; y++) {
    for (int x = 0; x < gray.width; x++) {
      const uint8_t* p = image + 3 * ((static_cast<size_t>(y) + border) * width + x + border);
      // BT.601 in 14 bits, rounded to 8 bits.
      const int luma = (p[0] * 4899 + p[1] * 9617 + p[2] * 1868 + 8192) >> 14;
      gray.row(y)[x] = static_cast<float>(luma) * static_cast<float>(1.0 / 255);
    }
  }
  return gray;
}

constexpr int kRadius = 3;

// Gaussian of 7 pixels, sigma 7/6; the nearest pixel counts beyond the edge.
Plane blurred(const Plane& x) {
  double weights[kRadius + 1], sum = 0;
  for (int k = 0; k <= kRadius; k++) {
    weights[k] = std::exp(-k * k / (2 * (7.0 / 6) * (7.0 / 6)));
    sum += (k == 0 ? 1 : 2) * weights[k];
  }
  float kernel[kRadius + 1];
  for (int k = 0; k <= kRadius; k++) kernel[k] = static_cast<float>(weights[k] / sum);
  Plane rows(x.height, x.width), result(x.height, x.width);
  for (int i = 0; i < x.height; i++) {
    for (int j = 0; j < x.width; j++) {
      float value = x.at(i, j - kRadius) * kernel[kRadius];
      for (int k = 1 - kRadius; k <= kRadius; k++) {
        value = fused(x.at(i, j + k), kernel[std::abs(k)], value);
      }
      rows.row(i)[j] = value;
    }
  }
  for (int i = 0; i < x.height; i++) {
    for (int j = 0; j < x.width; j++) {
      float value = rows.at(i, j) * kernel[0];
      for (int k = 1; k <= kRadius; k++) {
        value = fused(rows.at(i + k, j) + rows.at(i - k, j), kernel[k], value);
      }
      result.row(i)[j] = value;
    }
  }
  return result;
}

// A position of a cubic interpolation (Keys, a = -0.75) and its four weights.
struct Tap {
  int first;
  float weight[4];
};

std::vector<Tap> halvingTaps(int side) {
  std::vector<Tap> taps(side / 2);
  const double scale = static_cast<double>(side) / static_cast<double>(taps.size());
  constexpr float a = -0.75f;
  for (size_t i = 0; i < taps.size(); i++) {
    const double position = (static_cast<double>(i) + 0.5) * scale - 0.5;
    const double whole = std::floor(position);
    const auto t = static_cast<float>(position - whole);
    const float u = 1 - t;
    const float outer = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
    const float left = ((a + 2) * t - (a + 3)) * t * t + 1;
    const float right = ((a + 2) * u - (a + 3)) * u * u + 1;
    taps[i] = {static_cast<int>(whole) - 1, {outer, left, right, 1 - outer - left - right}};
  }
  return taps;
}

// Half the sides, without antialiasing.
Plane halved(const Plane& x) {
  const std::vector<Tap> columns = halvingTaps(x.width), rows = halvingTaps(x.height);
  Plane narrow(x.height, static_cast<int>(columns.size()));
  for (int i = 0; i < x.height; i++) {
    for (int j = 0; j < narrow.width; j++) {
      const auto& [first, w] = columns[j];
      narrow.row(i)[j] = x.at(i, first) * w[0] + x.at(i, first + 1) * w[1] +
                         x.at(i, first + 2) * w[2] + x.at(i, first + 3) * w[3];
    }
  }
  Plane result(static_cast<int>(rows.size()), narrow.width);
  for (int i = 0; i < result.height; i++) {
    const auto& [first, w] = rows[i];
    for (int j = 0; j < narrow.width; j++) {
      result.row(i)[j] = narrow.at(first, j) * w[0] +
                         (narrow.at(first + 1, j) * w[1] +
                          (narrow.at(first + 2, j) * w[2] + narrow.at(first + 3, j) * w[3]));
    }
  }
  return result;
}

// Contrast-normalised luminance: (x - mean) / (deviation + 1/255). NaN where rounding makes the
// variance of a flat place negative.
Plane normalised(const Plane& x) {
  Plane squares(x.height, x.width);
  for (size_t i = 0; i < x.values.size(); i++) squares.values[i] = x.values[i] * x.values[i];
  const Plane mean = blurred(x);
  Plane result = blurred(squares);
  for (size_t i = 0; i < x.values.size(); i++) {
    const float square = mean.values[i] * mean.values[i];
    const float deviation = std::sqrt(result.values[i] - square) + static_cast<float>(1.0 / 255);
    result.values[i] = (x.values[i] - mean.values[i]) / deviation;
  }
  return result;
}

struct Fit {
  double left, right, shape;
};

// The first local best of the shapes 0.2, 0.201 … 10.
double shapeOf(double ratio) {
  struct Entry {
    double shape, ratio;
  };
  static const std::vector<Entry> table = [] {
    std::vector<Entry> entries;
    for (float shape = 0.2f; shape < 10; shape += 0.001f) {
      entries.push_back({shape, gaussianRatio(shape)});
    }
    return entries;
  }();
  double best = NAN, least = INFINITY;
  for (const Entry& entry : table) {
    const double difference = std::abs(entry.ratio - ratio);
    if (!(difference <= least)) break;
    least = difference;
    best = entry.shape;
  }
  return best;
}

Fit fitOf(const Plane& x) {
  double positive = 0, negative = 0, magnitude = 0;
  size_t positives = 0, negatives = 0;
  for (const double value : x.values) {
    if (value > 0) {
      positives++;
      positive += value * value;
      magnitude += value;
    } else if (value < 0) {
      negatives++;
      negative += value * value;
      magnitude -= value;
    }
  }
  const double left = std::sqrt(negative / static_cast<double>(negatives));
  const double right = std::sqrt(positive / static_cast<double>(positives));
  const auto count = static_cast<double>(x.values.size());
  const double ratio = (magnitude / count) * (magnitude / count) / ((negative + positive) / count);
  return {left, right, shapeOf(symmetricRatio(ratio, left / right))};
}

// Each value times its neighbour; 0 beyond the edge.
Plane products(const Plane& x, int down, int right) {
  Plane result(x.height, x.width);
  for (int i = std::max(0, -down); i < std::min(x.height, x.height - down); i++) {
    for (int j = 0; j < x.width - right; j++) {
      result.row(i)[j] = x.row(i)[j] * x.row(i + down)[j + right];
    }
  }
  return result;
}

}  // namespace

std::array<double, kBrisqueFeatures> brisqueFeatures(const uint8_t* image, int height, int width,
                                                     int border) {
  if (std::min(height, width) - 2 * border < kBrisqueSide) {
    throw CodedError("E_SHAPE", "BRISQUE needs " + std::to_string(kBrisqueSide) +
                                    " pixels within the border on both sides");
  }
  std::array<double, kBrisqueFeatures> features{};
  double* next = features.data();
  Plane scale = grayOf(image, height, width, border);
  constexpr int kShifts[][2] = {{0, 1}, {1, 0}, {1, 1}, {-1, 1}};
  for (int octave = 0; octave < 2; octave++) {
    if (octave == 1) scale = halved(scale);
    const Plane luminance = normalised(scale);
    const Fit own = fitOf(luminance);
    *next++ = own.shape;
    *next++ = (own.left * own.left + own.right * own.right) / 2;
    for (const auto& [down, right] : kShifts) {
      const Fit fit = fitOf(products(luminance, down, right));
      *next++ = fit.shape;
      *next++ = asymmetricMean(fit.left, fit.right, fit.shape);
      *next++ = fit.left * fit.left;
      *next++ = fit.right * fit.right;
    }
  }
  return features;
}

}  // namespace evensr
