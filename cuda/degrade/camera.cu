// The noise of a camera (native/cpu/operators.h, math/camera.h), in two launches: first the values
// of its sensor, a float a pixel, then the picture that is developed from them and their
// neighbours.
#include "degrade/noise_planes.cuh"
#include "degrade/operators.h"
#include "gpu.cuh"
#include "math/camera.h"
#include "math/reflect.h"

namespace evensr::cuda {
namespace {

constexpr int kWidth = 64, kHeight = 8, kThreads = 256;
using Tiles = Tiling<kWidth, kHeight>;

struct CameraItem {
  BlockRange blocks;
  float *image, *raw;
  int height, width;
  CameraMatrices matrices;
  float darken[3], lighten[3];  // of red, green and blue
  float shot, read;
  NoiseField field;
};

// What the sensor sees at pixel i before noise. Even rows are red and green, odd ones green and
// blue.
__device__ __forceinline__ float sensorAt(const CameraItem& item, int i, int colour) {
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  const CameraLight light = cameraLight(item.matrices.toCamera, item.image[i],
                                        item.image[plane + i], item.image[2 * plane + i]);
  const float value = colour == 0 ? light.red : colour == 1 ? light.green : light.blue;
  return clamp01(applySafely(item.darken[colour], light.mask, value));
}

__global__ void __launch_bounds__(kNoiseThreads) exposeSensor(const CameraItem* items, int count) {
  const CameraItem& item = itemOf(items, count);
  const int group = placeIn(item.blocks) * kNoiseThreads + static_cast<int>(threadIdx.x);
  const int pixels = item.height * item.width;
  if (group >= noiseGroups(pixels)) return;
  float normals[4];
  normalsOfGroup(item.field, group, normals);
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const int i = noisePixel(group, j);
    if (i >= pixels) continue;
    const int colour = (i / item.width & 1) + (i % item.width & 1);
    const float value = withShotNoise(sensorAt(item, i, colour), normals[j], item.shot, item.read);
    item.raw[i] = clamp01(value * item.lighten[colour]);
  }
}

// A tile of the sensor with a border of one; beyond its edges rows and columns are mirrored, which
// keeps their colours.
struct SensorTile {
  float values[kHeight + 2][kWidth + 2];

  __device__ void load(const CameraItem& item, const Tiles& tile) {
    constexpr int kAcross = kWidth + 2, kValues = (kHeight + 2) * kAcross;
    for (int i = static_cast<int>(threadIdx.x); i < kValues; i += kThreads) {
      const int y = reflect(tile.top + i / kAcross - 1, item.height);
      const int x = reflect(tile.left + i % kAcross - 1, item.width);
      values[i / kAcross][i % kAcross] = item.raw[static_cast<size_t>(y) * item.width + x];
    }
  }

  // Around the tile's pixel (y, x).
  __device__ __forceinline__ RawValues around(int y, int x) const {
    const float *above = values[y], *at = values[y + 1], *below = values[y + 2];
    return {at[x + 1], at[x] + at[x + 2], above[x + 1] + below[x + 1],
            (above[x] + above[x + 2]) + (below[x] + below[x + 2])};
  }
};

__global__ void __launch_bounds__(kThreads) develop(const CameraItem* items, int count) {
  __shared__ SensorTile sensor;
  const CameraItem& item = itemOf(items, count);
  const Tiles tile(placeIn(item.blocks), item.height, item.width);
  sensor.load(item, tile);
  __syncthreads();
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  const int x = static_cast<int>(threadIdx.x) % kWidth;
  if (tile.left + x >= item.width) return;
  for (int y = static_cast<int>(threadIdx.x) / kWidth; y < kHeight; y += kThreads / kWidth) {
    if (tile.top + y >= item.height) return;
    const int phase = y & 1;  // tiles begin in even rows and columns
    const CameraColours colours = demosaiced(sensor.around(y, x), (x & 1) != phase, phase);
    float* out = item.image + static_cast<size_t>(tile.top + y) * item.width + tile.left + x;
#pragma unroll
    for (int c = 0; c < 3; c++) out[c * plane] = developed(item.matrices.toRgb[c], colours);
  }
}

CameraItem itemFor(Staging& staging, const IspJob& job) {
  const IspParameters& p = job.parameters;
  CameraItem item = {};
  item.image = job.image.data;
  item.raw = staging.room<float>(job.image.plane());
  item.height = job.image.height;
  item.width = job.image.width;
  item.matrices = cameraMatrices(p.weights);
  const double gains[3] = {p.gain * p.red, p.gain, p.gain * p.blue};
  for (int c = 0; c < 3; c++) {
    item.darken[c] = static_cast<float>(1 / gains[c]);
    item.lighten[c] = static_cast<float>(gains[c]);
  }
  item.shot = static_cast<float>(p.shot);
  item.read = static_cast<float>(p.read);
  item.field = {job.key.k0, job.key.k1, 0, NoiseOperator::ispShot,
                static_cast<uint32_t>(job.stage)};
  return item;
}

}  // namespace

void cameraNoise(Staging& staging, const IspJob* jobs, int count) {
  if (count == 0) return;
  std::vector<CameraItem> items;
  for (int i = 0; i < count; i++) items.push_back(itemFor(staging, jobs[i]));
  const int exposed = shareBlocks(
      items, [](const CameraItem& item) { return noiseBlocks(item.height * item.width); });
  check(gpu::launch(exposeSensor, dim3(exposed), dim3(kNoiseThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the kernel of the camera's sensor");
  const int developed = shareBlocks(
      items, [](const CameraItem& item) { return Tiles::countOf(1, item.height, item.width); });
  check(gpu::launch(develop, dim3(developed), dim3(kThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the kernel that develops the camera's picture");
}

}  // namespace evensr::cuda
