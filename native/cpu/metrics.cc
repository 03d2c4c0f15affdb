#include "cpu/metrics.h"

#include <algorithm>
#include <cmath>

#include "clones.h"
#include "error.h"
#include "math/metrics.h"

namespace evensr {
namespace {

constexpr int kBandRows = 32;
constexpr int kChannels = 4;  // R, G, B, Y

// One channel of a band as double, with the products SSIM needs: x, y, x^2, y^2, x y.
struct Scratch {
  std::vector<double> planes[5], filtered[5], map;
};

struct BandSums {
  double squaredError[kChannels] = {};
  double ssim[kChannels] = {};
};

EVENSR_CLONES void loadChannel(const uint8_t* pixels, int count, int channel, double* out) {
  if (channel < 3) {
    for (int i = 0; i < count; i++) out[i] = pixels[3 * i + channel];
  } else {
    for (int i = 0; i < count; i++) {
      out[i] = lumaStudio(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]);
    }
  }
}

EVENSR_CLONES void multiply(const double* a, const double* b, int count, double* out) {
  for (int i = 0; i < count; i++) out[i] = a[i] * b[i];
}

// out[i] = sum over k of window[k] in[i + k stride]
EVENSR_CLONES void filter(const double* in, int count, int stride, const double* window,
                          double* out) {
  for (int i = 0; i < count; i++) {
    double sum = 0;
    for (int k = 0; k < kSsimTaps; k++) sum += window[k] * in[i + k * stride];
    out[i] = sum;
  }
}

EVENSR_CLONES void ssimRow(const double* const moments[5], int count, double* map) {
  for (int i = 0; i < count; i++) {
    map[i] = ssimOf(moments[0][i], moments[1][i], moments[2][i], moments[3][i], moments[4][i]);
  }
}

double sumOf(const double* values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += values[i];
  return sum;
}

double squaredErrorOf(const double* a, const double* b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

// The part of a pair that is scored, and how its rows are cut into bands.
struct Pair {
  const uint8_t* images[2];
  int fullWidth, border, height, width;

  const uint8_t* row(int image, int y) const {
    return images[image] + (static_cast<size_t>(y + border) * fullWidth + border) * 3;
  }
  int bands() const { return (height + kBandRows - 1) / kBandRows; }
};

// Adds one channel of one band. A band owns `owned` rows of pixels, and the rows of the SSIM map
// whose window starts in it.
void addChannel(const Pair& pair, int band, int channel, Scratch& scratch, BandSums& sums) {
  static const std::array<double, kSsimTaps> window = ssimWindow();
  const int top = band * kBandRows, width = pair.width;
  const int owned = std::min(kBandRows, pair.height - top);
  const int rows = std::min(kBandRows + kSsimTaps - 1, pair.height - top);
  const int count = rows * width;
  for (int image = 0; image < 2; image++) {
    scratch.planes[image].resize(count);
    for (int y = 0; y < rows; y++) {
      loadChannel(pair.row(image, top + y), width, channel, &scratch.planes[image][y * width]);
    }
  }
  const double* x = scratch.planes[0].data();
  const double* y = scratch.planes[1].data();
  sums.squaredError[channel] = squaredErrorOf(x, y, static_cast<size_t>(owned) * width);

  const double* factors[3][2] = {{x, x}, {y, y}, {x, y}};
  for (int p = 0; p < 3; p++) {
    scratch.planes[2 + p].resize(count);
    multiply(factors[p][0], factors[p][1], count, scratch.planes[2 + p].data());
  }
  const int mapRows = rows - kSsimTaps + 1, mapWidth = width - kSsimTaps + 1;
  for (int row = 0; row < mapRows; row++) {
    const double* moments[5];
    for (int p = 0; p < 5; p++) {
      auto& filtered = scratch.filtered[p];
      filtered.resize(2 * static_cast<size_t>(width));
      filter(&scratch.planes[p][row * width], width, width, window.data(), filtered.data());
      filter(filtered.data(), mapWidth, 1, window.data(), filtered.data() + width);
      moments[p] = filtered.data() + width;
    }
    scratch.map.resize(mapWidth);
    ssimRow(moments, mapWidth, scratch.map.data());
    sums.ssim[channel] += sumOf(scratch.map.data(), mapWidth);
  }
}

EVENSR_CLONES void addScaled(const uint8_t* row, int count, double weight, double* out) {
  for (int i = 0; i < count; i++) out[i] += weight * row[i];
}

std::vector<ResizeTaps> tapsOfAxis(int in, int out, bool antialias) {
  std::vector<ResizeTaps> taps(out);
  for (int i = 0; i < out; i++) taps[i] = bicubicTaps(in, out, i, antialias);
  return taps;
}

void resizeRow(const double* row, const std::vector<ResizeTaps>& columns, uint8_t* out) {
  for (const ResizeTaps& taps : columns) {
    double rgb[3] = {};
    for (size_t k = 0; k < taps.index.size(); k++) {
      const double* pixel = row + 3 * taps.index[k];
      for (int c = 0; c < 3; c++) rgb[c] += taps.weight[k] * pixel[c];
    }
    for (const double value : rgb) {
      *out++ = static_cast<uint8_t>(std::rint(std::clamp(value, 0.0, 255.0)));
    }
  }
}

}  // namespace

ImageScores scoreImages(const uint8_t* a, const uint8_t* b, int height, int width, int border,
                        const ThreadTeam& team) {
  const Pair pair{{a, b}, width, border, height - 2 * border, width - 2 * border};
  if (pair.height < kSsimTaps || pair.width < kSsimTaps) {
    throw CodedError("E_SHAPE", std::to_string(width) + "x" + std::to_string(height) +
                                    " is too small to score: SSIM needs 11x11 inside a border of " +
                                    std::to_string(border));
  }
  std::vector<BandSums> bands(pair.bands());
  std::vector<Scratch> scratch(team.threads());
  team.forEach(pair.bands() * kChannels, [&](int job, int worker) {
    addChannel(pair, job / kChannels, job % kChannels, scratch[worker], bands[job / kChannels]);
  });
  BandSums total;
  for (const BandSums& band : bands) {
    for (int c = 0; c < kChannels; c++) {
      total.squaredError[c] += band.squaredError[c];
      total.ssim[c] += band.ssim[c];
    }
  }
  const double pixels = static_cast<double>(pair.height) * pair.width;
  const double windows =
      static_cast<double>(pair.height - kSsimTaps + 1) * (pair.width - kSsimTaps + 1);
  const double rgbError = total.squaredError[0] + total.squaredError[1] + total.squaredError[2];
  const double rgbSsim = total.ssim[0] + total.ssim[1] + total.ssim[2];
  return {psnrOf(total.squaredError[3] / pixels), psnrOf(rgbError / (3 * pixels)),
          total.ssim[3] / windows, rgbSsim / (3 * windows)};
}

std::vector<uint8_t> resizeBicubic(const uint8_t* image, ImageSize from, ImageSize to,
                                   bool antialias, const ThreadTeam& team) {
  const auto rows = tapsOfAxis(from.height, to.height, antialias);
  const auto columns = tapsOfAxis(from.width, to.width, antialias);
  const int rowValues = 3 * from.width;
  std::vector<uint8_t> out(static_cast<size_t>(to.height) * to.width * 3);
  std::vector<std::vector<double>> scratch(team.threads(), std::vector<double>(rowValues));
  team.forEach(to.height, [&](int y, int worker) {
    double* sums = scratch[worker].data();
    std::fill_n(sums, rowValues, 0.0);
    for (size_t k = 0; k < rows[y].index.size(); k++) {
      const uint8_t* row = image + static_cast<size_t>(rows[y].index[k]) * rowValues;
      addScaled(row, rowValues, rows[y].weight[k], sums);
    }
    resizeRow(sums, columns, &out[static_cast<size_t>(y) * to.width * 3]);
  });
  return out;
}

}  // namespace evensr
