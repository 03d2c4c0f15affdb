#include "math/resize.h"

#include <cstring>

#include "clones.h"
#include "cpu/operators.h"
#include "error.h"

namespace evensr::cpu {
namespace {

struct Planes {
  const float* in;  // (height, width)
  float* out;       // (outHeight, outWidth)
  int height, width, outHeight, outWidth;
};

// Rows are resized along x first, then combined down y; a resized row is used by several output
// rows when enlarging, so the last few are kept, each in the slot of its row number modulo the
// number of slots.
class RowCache {
 public:
  RowCache(ScratchFrame& frame, int slots, int width)
      : rows_(frame.take<float>(static_cast<size_t>(slots) * width)), slots_(slots), width_(width) {
    for (int& y : held_) y = -1;
  }

  template <class Fill>
  const float* row(int y, Fill&& fill) {
    float* place = rows_ + static_cast<size_t>(y % slots_) * width_;
    if (held_[y % slots_] != y) {
      fill(place);
      held_[y % slots_] = y;
    }
    return place;
  }

 private:
  float* rows_;
  int slots_, width_;
  int held_[4];
};

EVENSR_CLONES void linearRow(const float* in, const int* first, const int* second,
                             const float* lambda, int n, float* out) {
  for (int x = 0; x < n; x++) {
    out[x] = (1 - lambda[x]) * in[first[x]] + lambda[x] * in[second[x]];
  }
}

EVENSR_CLONES void linearColumn(const float* a, const float* b, float lambda, int n, float* out) {
  for (int x = 0; x < n; x++) out[x] = (1 - lambda) * a[x] + lambda * b[x];
}

void bilinear(const Planes& p, float stepY, float stepX, Scratch& scratch) {
  ScratchFrame frame(scratch);
  int* first = frame.take<int>(p.outWidth);
  int* second = frame.take<int>(p.outWidth);
  float* lambda = frame.take<float>(p.outWidth);
  for (int x = 0; x < p.outWidth; x++) {
    const LinearTap tap = linearTap(x, p.width, stepX);
    first[x] = tap.first;
    second[x] = tap.second;
    lambda[x] = tap.lambda;
  }
  RowCache cache(frame, 2, p.outWidth);
  const auto resized = [&](int y) {
    return cache.row(y, [&](float* row) {
      linearRow(p.in + static_cast<size_t>(y) * p.width, first, second, lambda, p.outWidth, row);
    });
  };
  for (int y = 0; y < p.outHeight; y++) {
    const LinearTap tap = linearTap(y, p.height, stepY);
    const float* a = resized(tap.first);
    const float* b = resized(tap.second);
    linearColumn(a, b, tap.lambda, p.outWidth, p.out + static_cast<size_t>(y) * p.outWidth);
  }
}

EVENSR_CLONES void cubicRow(const float* in, const int* index, const float* weight, int n,
                            float* out) {
  const int *i0 = index, *i1 = i0 + n, *i2 = i1 + n, *i3 = i2 + n;
  const float *w0 = weight, *w1 = w0 + n, *w2 = w1 + n, *w3 = w2 + n;
  for (int x = 0; x < n; x++) {
    out[x] = w0[x] * in[i0[x]] + w1[x] * in[i1[x]] + w2[x] * in[i2[x]] + w3[x] * in[i3[x]];
  }
}

EVENSR_CLONES void cubicColumn(const float* a, const float* b, const float* c, const float* d,
                               const float* weight, int n, float* out) {
  const float w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3];
  for (int x = 0; x < n; x++) out[x] = w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x];
}

void bicubic(const Planes& p, float stepY, float stepX, Scratch& scratch) {
  ScratchFrame frame(scratch);
  int* index = frame.take<int>(4 * static_cast<size_t>(p.outWidth));
  float* weight = frame.take<float>(4 * static_cast<size_t>(p.outWidth));
  for (int x = 0; x < p.outWidth; x++) {
    const CubicTaps taps = cubicTaps(x, p.width, stepX);
    for (int k = 0; k < 4; k++) {
      index[static_cast<size_t>(k) * p.outWidth + x] = taps.index[k];
      weight[static_cast<size_t>(k) * p.outWidth + x] = taps.weight[k];
    }
  }
  RowCache cache(frame, 4, p.outWidth);
  for (int y = 0; y < p.outHeight; y++) {
    const CubicTaps taps = cubicTaps(y, p.height, stepY);
    const float* rows[4];
    for (int k = 0; k < 4; k++) {
      rows[k] = cache.row(taps.index[k], [&](float* row) {
        cubicRow(p.in + static_cast<size_t>(taps.index[k]) * p.width, index, weight, p.outWidth,
                 row);
      });
    }
    cubicColumn(rows[0], rows[1], rows[2], rows[3], taps.weight, p.outWidth,
                p.out + static_cast<size_t>(y) * p.outWidth);
  }
}

EVENSR_CLONES void addTo(float* sum, const float* row, int n) {
  for (int x = 0; x < n; x++) sum[x] += row[x];
}

// Sums down the window first, where loops are long, then along it; two divisions as in PyTorch.
void area(const Planes& p, Scratch& scratch) {
  ScratchFrame frame(scratch);
  float* sum = frame.take<float>(p.width);
  AreaWindow* columns = frame.take<AreaWindow>(p.outWidth);
  for (int x = 0; x < p.outWidth; x++) columns[x] = areaWindow(x, p.width, p.outWidth);
  for (int y = 0; y < p.outHeight; y++) {
    const AreaWindow rows = areaWindow(y, p.height, p.outHeight);
    std::memcpy(sum, p.in + static_cast<size_t>(rows.begin) * p.width, p.width * sizeof(float));
    for (int r = rows.begin + 1; r < rows.end; r++) {
      addTo(sum, p.in + static_cast<size_t>(r) * p.width, p.width);
    }
    const float countY = static_cast<float>(rows.end - rows.begin);
    float* out = p.out + static_cast<size_t>(y) * p.outWidth;
    for (int x = 0; x < p.outWidth; x++) {
      const AreaWindow window = columns[x];
      float total = sum[window.begin];
      for (int c = window.begin + 1; c < window.end; c++) total += sum[c];
      out[x] = total / countY / static_cast<float>(window.end - window.begin);
    }
  }
}

}  // namespace

// Equal sizes are an exact copy, as in PyTorch's CUDA kernels, whatever the factor was.
void resize(const ResizeJob& job, Scratch& scratch) {
  const ImageView &in = job.in, &out = job.out;
  if (in.height == out.height && in.width == out.width) {
    std::memcpy(out.data, in.data, in.size() * sizeof(float));
    return;
  }
  const float stepY = resizeStep(in.height, out.height, job.scale);
  const float stepX = resizeStep(in.width, out.width, job.scale);
  for (int c = 0; c < in.channels; c++) {
    const Planes planes{in.data + c * in.plane(),
                        out.data + c * out.plane(),
                        in.height,
                        in.width,
                        out.height,
                        out.width};
    switch (job.mode) {
      case ResizeMode::area:
        area(planes, scratch);
        break;
      case ResizeMode::bilinear:
        bilinear(planes, stepY, stepX, scratch);
        break;
      case ResizeMode::bicubic:
        bicubic(planes, stepY, stepX, scratch);
        break;
      default:
        throw CodedError("E_RECIPE", "this resize is not there yet");
    }
  }
}

}  // namespace evensr::cpu
