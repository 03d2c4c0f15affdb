// The noise of a camera (native/cpu/operators.h, math/camera.h): first the values of its sensor,
// then the picture that is developed from them.
#include "degrade/noise_planes.cuh"
#include "degrade/operators.h"
#include "gpu.cuh"
#include "math/camera.h"
#include "math/reflect.h"

namespace evensr::cuda {
namespace {

constexpr int kThreads = 256;

struct CameraItem {
  BlockRange blocks;
  float *image, *raw;
  int height, width;
  CameraMatrices matrices;
  float darken[3], lighten[3];
  float shot, read;
  NoiseField field;
};

// What the sensor sees at a pixel. Even rows are red and green, odd ones green and blue.
__device__ float sensorAt(const CameraItem& item, int i, int colour) {
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  const auto& m = item.matrices.toCamera;
  const float r = expandGamma(undoToneCurve(clamp01(item.image[i])));
  const float g = expandGamma(undoToneCurve(clamp01(item.image[plane + i])));
  const float b = expandGamma(undoToneCurve(clamp01(item.image[2 * plane + i])));
  const float red = m[0][0] * r + m[0][1] * g + m[0][2] * b;
  const float green = m[1][0] * r + m[1][1] * g + m[1][2] * b;
  const float blue = m[2][0] * r + m[2][1] * g + m[2][2] * b;
  const float mask = highlightMask((red + green + blue) / 3.0f);
  const float value = colour == 0 ? red : colour == 1 ? green : blue;
  return clamp01(applySafely(item.darken[colour], mask, value));
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
    float value = sensorAt(item, i, colour);
    value += normals[j] * sqrtf(item.shot * value + item.read);
    item.raw[i] = clamp01(value * item.lighten[colour]);
  }
}

// A pixel of the picture: bilinear demosaicing, then back to sRGB.
__device__ void developPixel(const CameraItem& item, int y, int x) {
  const auto& m = item.matrices.toRgb;
  const auto at = [&](int v, int u) {
    return item
        .raw[static_cast<size_t>(reflect(v, item.height)) * item.width + reflect(u, item.width)];
  };
  const int phase = y & 1;
  const float centre = at(y, x);
  const float across = at(y, x - 1) + at(y, x + 1);
  const float down = at(y - 1, x) + at(y + 1, x);
  const float corners =
      (at(y - 1, x - 1) + at(y - 1, x + 1)) + (at(y + 1, x - 1) + at(y + 1, x + 1));
  const bool onGreen = (x & 1) != phase;
  const float own = onGreen ? 0.5f * across : centre;
  const float other = onGreen ? 0.5f * down : 0.25f * corners;
  const float g = onGreen ? centre : 0.25f * (across + down);
  const float r = phase == 0 ? own : other;
  const float b = phase == 0 ? other : own;
  const size_t plane = static_cast<size_t>(item.height) * item.width;
  float* out = item.image + static_cast<size_t>(y) * item.width + x;
#pragma unroll
  for (int c = 0; c < 3; c++) {
    const float linear = clamp01(m[c][0] * r + m[c][1] * g + m[c][2] * b);
    out[c * plane] = toneCurve(compressGamma(linear));
  }
}

__global__ void __launch_bounds__(kThreads) develop(const CameraItem* items, int count) {
  const CameraItem& item = itemOf(items, count);
  const int i = placeIn(item.blocks) * kThreads + static_cast<int>(threadIdx.x);
  if (i < item.height * item.width) developPixel(item, i / item.width, i % item.width);
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
  std::vector<CameraItem> items;
  for (int i = 0; i < count; i++) items.push_back(itemFor(staging, jobs[i]));
  const int exposed = shareBlocks(
      items, [](const CameraItem& item) { return noiseBlocks(item.height * item.width); });
  check(gpu::launch(exposeSensor, dim3(exposed), dim3(kNoiseThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the kernel of the camera's sensor");
  const int developed = shareBlocks(
      items, [](const CameraItem& item) { return ceilDivide(item.height * item.width, kThreads); });
  check(gpu::launch(develop, dim3(developed), dim3(kThreads), 0, staging.stream(),
                    staging.send(items), count),
        "the kernel that develops the camera's picture");
}

}  // namespace evensr::cuda
