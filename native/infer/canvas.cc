#include "infer/canvas.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

#include "clones.h"
#include "error.h"
#include "infer/picture_rows.h"

namespace evensr {
namespace {

EVENSR_CLONES void addPlane(const float* from, float weight, const float* columns, int count,
                            float* to) {
  for (int x = 0; x < count; x++) to[x] += weight * columns[x] * from[x];
}

// Luma of ITU-R BT.601, as the field makes gray of RGB.
EVENSR_CLONES void addLuma(const float* r, const float* g, const float* b, float weight,
                           const float* columns, int count, float* to) {
  for (int x = 0; x < count; x++) {
    to[x] += weight * columns[x] * (0.299f * r[x] + 0.587f * g[x] + 0.114f * b[x]);
  }
}

struct Span {
  int from = 0, to = 0;
};

// From the first to the last weight that is not 0.
Span usedPart(const std::vector<float>& weights) {
  Span span{0, static_cast<int>(weights.size())};
  while (span.from < span.to && weights[span.from] == 0) span.from++;
  while (span.to > span.from && weights[span.to - 1] == 0) span.to--;
  return span;
}

// How far alpha's edges are the network's affair, in input pixels: as far as a cubic kernel
// reaches.
constexpr int kEdgeReach = 2;

// Whether alpha is 0 or 1 at an input pixel and all around it.
bool isSettled(const std::vector<float>& alpha, int height, int width, int y, int x) {
  const float value = alpha[static_cast<size_t>(y) * width + x];
  if (value != 0 && value != 1) return false;
  for (int v = std::max(0, y - kEdgeReach); v <= std::min(height - 1, y + kEdgeReach); v++) {
    const float* row = &alpha[static_cast<size_t>(v) * width];
    for (int u = std::max(0, x - kEdgeReach); u <= std::min(width - 1, x + kEdgeReach); u++) {
      if (row[u] != value) return false;
    }
  }
  return true;
}

// Luma of an alpha tile, (height, width), and what its source leaves no doubt about.
FloatArray alphaPlane(const float* tile, const TilePlacement& placement, int height, int width) {
  const size_t plane = static_cast<size_t>(height) * width;
  FloatArray alpha(plane);
  std::fill_n(alpha.data(), plane, 0.0f);
  const std::vector<float> ones(plane, 1.0f);
  addLuma(tile, tile + plane, tile + 2 * plane, 1, ones.data(), static_cast<int>(plane),
          alpha.data());
  const int scale = placement.scale, h = height / scale, w = width / scale;
  for (int y = 0; y < h; y++) {
    for (int x = 0; x < w; x++) {
      if (!isSettled(placement.source, h, w, y, x)) continue;
      const float value = placement.source[static_cast<size_t>(y) * w + x];
      for (int row = y * scale; row < (y + 1) * scale; row++) {
        std::fill_n(&alpha[static_cast<size_t>(row) * width + x * scale], scale, value);
      }
    }
  }
  return alpha;
}

}  // namespace

Canvas::Canvas(const CanvasSpec& spec)
    : spec_(spec),
      kept_(static_cast<float*>(std::calloc(
                static_cast<size_t>(spec.channels) * spec.capacity * spec.width, sizeof(float))),
            std::free) {
  if (!kept_) throw std::bad_alloc();
  if (resizesRows()) rowAxis_ = ResizeAxis(spec.height, spec.outHeight);
  if (spec.outWidth != spec.width) columnAxis_ = ResizeAxis(spec.width, spec.outWidth);
}

float* Canvas::row(int channel, int y) {
  return kept_.get() +
         (static_cast<size_t>(channel) * spec_.capacity + y % spec_.capacity) * spec_.width;
}

const float* Canvas::row(int channel, int y) const {
  return const_cast<Canvas*>(this)->row(channel, y);
}

void Canvas::place(const float* tile, const TilePlacement& placement, const RowLoop& loop) {
  const int height = static_cast<int>(placement.rows.size());
  const int width = static_cast<int>(placement.columns.size());
  const Span rows = usedPart(placement.rows), columns = usedPart(placement.columns);
  const int first = placement.top + rows.from, end = placement.top + rows.to;
  const int left = placement.left + columns.from, count = columns.to - columns.from;
  const int base = base_;
  if (rows.from < rows.to && (first < base || end > std::min(spec_.height, base + spec_.capacity) ||
                              left < 0 || left + count > spec_.width)) {
    throw CodedError("E_SHAPE", "a tile reaches outside of the rows that are kept");
  }
  const size_t plane = static_cast<size_t>(height) * width;
  const bool colours = spec_.channels > 2;
  const FloatArray alpha =
      placement.alpha ? alphaPlane(tile, placement, height, width) : FloatArray();
  loop.run(rows.to - rows.from, [&](int i, int) {
    const float weight = placement.rows[rows.from + i];
    const float* weights = &placement.columns[columns.from];
    const size_t at = static_cast<size_t>(rows.from + i) * width + columns.from;
    const float* from = tile + at;
    if (placement.alpha) {
      addPlane(alpha.data() + at, weight, weights, count,
               row(spec_.channels - 1, first + i) + left);
    } else if (colours) {
      for (int c = 0; c < 3; c++) {
        addPlane(from + c * plane, weight, weights, count, row(c, first + i) + left);
      }
    } else {
      addLuma(from, from + plane, from + 2 * plane, weight, weights, count,
              row(0, first + i) + left);
    }
  });
}

int Canvas::firstNeeded(int outRow) const {
  if (outRow >= spec_.outHeight) return spec_.height;
  return resizesRows() ? rowAxis_.first(outRow) : outRow;
}

int Canvas::endNeeded(int outRow) const {
  return 1 + (resizesRows() ? rowAxis_.last(outRow) : outRow);
}

// One channel of one row at its final width. `wide` has room for a row before its width is changed.
void Canvas::makePlane(int channel, int outRow, float* wide, float* out) const {
  const float* source = wide;
  if (resizesRows()) {
    rowAxis_.combine(
        outRow, [&](int y) { return row(channel, y); }, spec_.width, wide);
  } else {
    source = row(channel, outRow);
  }
  if (spec_.outWidth == spec_.width) {
    std::copy_n(source, spec_.width, out);
  } else {
    columnAxis_.resizeLine(source, out);
  }
}

bool Canvas::makeRow(int outRow, std::vector<float>& scratch, uint8_t* out) const {
  const size_t width = spec_.outWidth;
  scratch.resize(spec_.width + spec_.channels * width);
  float* planes = scratch.data() + spec_.width;
  for (int c = 0; c < spec_.channels; c++) {
    makePlane(c, outRow, scratch.data(), planes + c * width);
  }
  if (!isFiniteRow(planes, spec_.channels * width)) return false;
  if (spec_.channels % 2 == 0) divideByAlpha(planes, spec_.channels, width);
  packRow(planes, spec_.channels, width, spec_.depth, out);
  return true;
}

void Canvas::clear(int from, int to, const RowLoop& loop) {
  loop.run(to - from, [&](int i, int) {
    for (int c = 0; c < spec_.channels; c++) std::fill_n(row(c, from + i), spec_.width, 0.0f);
  });
}

std::vector<uint8_t> Canvas::take(int finished, const RowLoop& loop) {
  int end = nextOut_;
  while (end < spec_.outHeight && endNeeded(end) <= finished) end++;
  const size_t rowBytes = static_cast<size_t>(spec_.outWidth) * spec_.channels * (spec_.depth / 8);
  std::vector<uint8_t> taken((end - nextOut_) * rowBytes);
  std::vector<std::vector<float>> scratch(loop.workers);
  std::atomic<bool> finite{true};
  loop.run(end - nextOut_, [&](int i, int worker) {
    if (!makeRow(nextOut_ + i, scratch[worker], taken.data() + i * rowBytes)) finite = false;
  });
  if (!finite) throw CodedError("E_OUTPUT_NONFINITE", "the network's result is not finite");
  nextOut_ = end;
  const int needed = std::min(finished, firstNeeded(end));
  clear(base_, needed, loop);
  base_ = needed;
  return taken;
}

}  // namespace evensr
