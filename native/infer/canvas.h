// The result of upscaling one picture while it grows from top to bottom: tiles are added in
// float32, finished rows are taken out as integers. Only the rows in between are kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "infer/picture_rows.h"
#include "tensor.h"

namespace evensr {

struct CanvasSpec {
  int channels = 3;                 // gray, gray and alpha, RGB, RGB and alpha
  int depth = 8;                    // bits of a sample that is taken out, 8 or 16
  int height = 0, width = 0;        // what tiles are placed on
  int outHeight = 0, outWidth = 0;  // what is taken out; resized bicubically when it differs
  int capacity = 0;                 // rows that are kept
};

// Where a tile goes and how much each of its rows and columns counts. Where tiles overlap their
// weights sum to 1; a row or column of weight 0 is left out.
struct TilePlacement {
  bool alpha = false;  // the tile shows the last channel, not the colours
  // Of an alpha tile: what it was made of, (h, w), and how many times as large it is. Where that is
  // 0 or 1 all around, so is the result.
  std::vector<float> source;
  int scale = 1;
  int top = 0, left = 0;
  std::vector<float> rows, columns;
};

// Calls body(i, worker) for every i in [0, count), worker below `workers`.
struct RowLoop {
  int workers = 1;
  std::function<void(int count, const std::function<void(int index, int worker)>& body)> run;
};

// place() and take() may run beside each other as long as they touch different rows: the caller
// takes only rows that are finished, and places no row before there is room for it.
class Canvas {
 public:
  // Throws std::bad_alloc.
  explicit Canvas(const CanvasSpec& spec);

  const CanvasSpec& spec() const { return spec_; }

  // Adds a planar tile (3, h, w), h and w being the numbers of weights. Gray and alpha are the
  // tile's luma. Throws E_SHAPE when it reaches outside of what is kept.
  void place(const float* tile, const TilePlacement& placement, const RowLoop& loop);

  // The next rows that can be made of the first `finished` rows, HWC; alpha is taken out of the
  // colours again. What is not needed any more makes room. Throws E_OUTPUT_NONFINITE.
  std::vector<uint8_t> take(int finished, const RowLoop& loop);

 private:
  bool resizesRows() const { return spec_.outHeight != spec_.height; }
  int firstNeeded(int outRow) const;
  int endNeeded(int outRow) const;
  float* row(int channel, int y);
  const float* row(int channel, int y) const;
  bool makeRow(int outRow, std::vector<float>& scratch, uint8_t* out) const;
  void makePlane(int channel, int outRow, float* wide, float* out) const;
  void clear(int from, int to, const RowLoop& loop);

  const CanvasSpec spec_;
  ResizeAxis rowAxis_, columnAxis_;
  // (channels, capacity, width), row y at y modulo capacity. From calloc: the system's own zero
  // pages, touched by whoever places the first tile on them.
  std::unique_ptr<float, void (*)(void*)> kept_;
  std::atomic<int> base_{0};  // first row that is kept
  int nextOut_ = 0;
};

}  // namespace evensr
