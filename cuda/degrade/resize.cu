// Resizes: every output is computed on its own, from the taps of its row and its column.
#include "degrade/axis_taps.cuh"
#include "degrade/operators.h"
#include "degrade/tiles.cuh"
#include "gpu.cuh"
#include "math/resize.h"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256;

struct ResizeItem {
  BlockRange blocks;
  const float* in;
  float* out;
  int inHeight, inWidth, outHeight, outWidth, channels;
  ResizeMode mode;
  float stepY, stepX;  // PyTorch's modes
  int everyY, everyX;  // decimate
  AxisTable rows, columns;
};

// The input of one channel.
struct Plane {
  const float* data;
  int width;
  __device__ float operator()(int y, int x) const {
    return data[static_cast<size_t>(y) * width + x];
  }
};

// Sums down the columns of the window first; two divisions as in PyTorch.
__device__ float areaAt(const ResizeItem& item, const Plane& in, int y, int x) {
  const AreaWindow rows = areaWindow(y, item.inHeight, item.outHeight);
  const AreaWindow columns = areaWindow(x, item.inWidth, item.outWidth);
  float total = 0;
  for (int c = columns.begin; c < columns.end; c++) {
    float sum = in(rows.begin, c);
    for (int r = rows.begin + 1; r < rows.end; r++) sum += in(r, c);
    total = c == columns.begin ? sum : total + sum;
  }
  return total / static_cast<float>(rows.end - rows.begin) /
         static_cast<float>(columns.end - columns.begin);
}

// Along the rows first.
__device__ float bilinearAt(const ResizeItem& item, const Plane& in, int y, int x) {
  const LinearTap row = linearTap(y, item.inHeight, item.stepY);
  const LinearTap column = linearTap(x, item.inWidth, item.stepX);
  const auto along = [&](int r) {
    return (1 - column.lambda) * in(r, column.first) + column.lambda * in(r, column.second);
  };
  return (1 - row.lambda) * along(row.first) + row.lambda * along(row.second);
}

__device__ float bicubicAt(const ResizeItem& item, const Plane& in, int y, int x) {
  const CubicTaps rows = cubicTaps(y, item.inHeight, item.stepY);
  const CubicTaps columns = cubicTaps(x, item.inWidth, item.stepX);
  const float* w = columns.weight;
  float sum = 0;
#pragma unroll
  for (int k = 0; k < 4; k++) {
    const int r = rows.index[k];
    const float along = w[0] * in(r, columns.index[0]) + w[1] * in(r, columns.index[1]) +
                        w[2] * in(r, columns.index[2]) + w[3] * in(r, columns.index[3]);
    sum = k == 0 ? rows.weight[0] * along : sum + rows.weight[k] * along;
  }
  return sum;
}

// Down the columns first. With other counts than 2 and 4, rows that weigh nothing are left out:
// as on the CPU, so that zeros have the same sign.
__device__ float tabledAt(const ResizeItem& item, const Plane& in, int y, int x) {
  const int rowTaps = *item.rows.taps, columnTaps = *item.columns.taps;
  const bool takesAll = rowTaps == 2 || rowTaps == 4;
  float sum = 0;
  for (int c = 0; c < columnTaps; c++) {
    const size_t column = static_cast<size_t>(c) * item.outWidth + x;
    const int from = item.columns.index[column];
    float down = 0;
    for (int r = 0; r < rowTaps; r++) {
      const size_t row = static_cast<size_t>(r) * item.outHeight + y;
      const float weight = item.rows.weight[row];
      if (r > 0 && !takesAll && weight == 0) continue;
      const float product = weight * in(item.rows.index[row], from);
      down = r == 0 ? product : down + product;
    }
    const float product = item.columns.weight[column] * down;
    sum = c == 0 ? product : sum + product;
  }
  return sum;
}

__device__ float outputAt(const ResizeItem& item, const Plane& in, int y, int x) {
  switch (item.mode) {
    case ResizeMode::area:
      return areaAt(item, in, y, x);
    case ResizeMode::bilinear:
      return bilinearAt(item, in, y, x);
    case ResizeMode::bicubic:
      return bicubicAt(item, in, y, x);
    case ResizeMode::decimate:
      return in(decimatedIndex(y, item.inHeight, item.everyY),
                decimatedIndex(x, item.inWidth, item.everyX));
    default:
      return tabledAt(item, in, y, x);
  }
}

__global__ void __launch_bounds__(kThreads, 5) resizePixels(const ResizeItem* items, int count) {
  const ResizeItem& item = itemOf(items, count);
  const int pixels = item.outHeight * item.outWidth;
  const int perChannel = ceilDivide(pixels, kThreads), place = placeIn(item.blocks);
  const int channel = place / perChannel;
  const int i = place % perChannel * kThreads + static_cast<int>(threadIdx.x);
  if (i >= pixels) return;
  const Plane in{item.in + static_cast<size_t>(item.inHeight) * item.inWidth * channel,
                 item.inWidth};
  item.out[static_cast<size_t>(channel) * pixels + i] =
      outputAt(item, in, i / item.outWidth, i % item.outWidth);
}

bool hasTables(ResizeMode mode) {
  return mode == ResizeMode::cvArea || mode == ResizeMode::cvLinear ||
         mode == ResizeMode::cvCubic || mode == ResizeMode::matlabBicubic;
}

AxisTable tableFor(Staging& staging, const ResizeJob& job, bool shrinks, int in, int out) {
  const int capacity = tapCapacity(job.mode, shrinks, in, out, job.scale);
  const size_t places = static_cast<size_t>(capacity) * out;
  return {{},
          in,
          out,
          job.scale,
          job.mode,
          shrinks,
          capacity,
          staging.room<int>(1),
          staging.room<int>(places),
          staging.room<float>(places)};
}

ResizeItem itemFor(Staging& staging, const ResizeJob& job) {
  const ImageView &in = job.in, &out = job.out;
  ResizeItem item = {};
  item.in = in.data;
  item.out = out.data;
  item.inHeight = in.height, item.inWidth = in.width;
  item.outHeight = out.height, item.outWidth = out.width;
  item.channels = out.channels;
  item.mode = job.mode;
  if (job.mode == ResizeMode::decimate) {
    item.everyY = decimationStep(in.height, out.height, job.scale);
    item.everyX = decimationStep(in.width, out.width, job.scale);
  } else if (in.height == out.height && in.width == out.width) {
    // Equal sizes are an exact copy, whatever the factor was.
    item.mode = ResizeMode::decimate;
    item.everyY = item.everyX = 1;
  } else if (hasTables(job.mode)) {
    const bool shrinks = out.height <= in.height && out.width <= in.width;
    item.rows = tableFor(staging, job, shrinks, in.height, out.height);
    item.columns = tableFor(staging, job, shrinks, in.width, out.width);
  } else {
    item.stepY = resizeStep(in.height, out.height, job.scale);
    item.stepX = resizeStep(in.width, out.width, job.scale);
  }
  return item;
}

void fillTables(Staging& staging, const std::vector<ResizeItem>& items) {
  std::vector<AxisTable> tables;
  for (const ResizeItem& item : items) {
    if (!hasTables(item.mode)) continue;
    tables.push_back(item.rows);
    tables.push_back(item.columns);
  }
  if (tables.empty()) return;
  const int blocks = shareBlocks(tables, [](const AxisTable&) { return 1; });
  check(gpu::launch(fillAxisTables, dim3(blocks), dim3(kAxisThreads), 0, staging.stream(),
                    staging.send(tables), static_cast<int>(tables.size())),
        "the kernel of resize taps");
}

}  // namespace

void resize(Staging& staging, const ResizeJob* jobs, int count) {
  std::vector<ResizeItem> items;
  for (int i = 0; i < count; i++) items.push_back(itemFor(staging, jobs[i]));
  fillTables(staging, items);
  const int blocks = shareBlocks(items, [](const ResizeItem& item) {
    return item.channels * ceilDivide(item.outHeight * item.outWidth, kThreads);
  });
  check(gpu::launch(resizePixels, dim3(blocks), dim3(kThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the resize kernel");
}

}  // namespace evensr::cuda
