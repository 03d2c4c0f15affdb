// The recipe: one concrete draw of a degradation for one image, as a list of operations in the
// order in which they are applied.
//
// TypeScript draws it (src/degradation) and packs it into doubles (pack.ts); this struct is the
// other side of that contract. recipeLayout() publishes its size and the names below, and they are
// compared with those of pack.ts when the addon is loaded.
#pragma once

#include <cstdint>

#include "math/blur_kernel.h"

namespace evensr {

// Codes of the packed recipe: never reorder. Those of kernels are in math/blur_kernel.h.
enum class OperationType { blur, resize, noise, isp, inject, jpeg, clamp };
enum class ResizeMode {
  area,  // the first three as PyTorch's F.interpolate
  bilinear,
  bicubic,
  cvArea,  // OpenCV
  cvLinear,
  cvCubic,
  matlabBicubic,  // MATLAB's imresize, antialiased
  decimate        // every n-th pixel
};
enum class SizeOf { input, lq };
enum class NoiseType { gaussian, speckle, poisson };
enum class NoiseChannels { colour, gray, correlated };
enum class JpegBackend { diffjpeg, libjpeg };
enum class Subsampling { yuv420, yuv444 };

// The two words of a Philox4x32-10 key.
struct NoiseKey {
  uint32_t k0;
  uint32_t k1;
};

constexpr int kMaxOperations = 20;
constexpr int kMaxParameters = 10;

struct OperationRecord {
  double code;   // OperationType
  double stage;  // 1..8; noise of one type and key differs by it
  double parameters[kMaxParameters];
};

struct Recipe {
  double seedLo, seedHi;          // 32-bit words: the key of this image's noise
  double graySeedLo, graySeedHi;  // the key of gray Gaussian fields
  double scale;                   // gt size / lq size
  double operations;              // how many of the records count
  OperationRecord records[kMaxOperations];
};

constexpr int kRecipeHeader = 6;
constexpr int kRecipeFields = kRecipeHeader + kMaxOperations * (2 + kMaxParameters);
static_assert(sizeof(Recipe) == kRecipeFields * sizeof(double), "the packed recipe is doubles");

constexpr const char* kRecipeHeaderNames[kRecipeHeader] = {"seedLo",     "seedHi", "graySeedLo",
                                                           "graySeedHi", "scale",  "operations"};

struct OperationLayout {
  const char* name;
  int parameters;
  const char* parameterNames[kMaxParameters];
};

// Indexed by OperationType.
constexpr OperationLayout kOperationLayouts[] = {
    {"blur",
     9,
     {"kernel", "kernelSize", "sigmaX", "sigmaY", "theta", "beta", "omega", "shift", "index"}},
    {"resize", 3, {"mode", "of", "factor"}},
    {"noise",
     10,
     {"type", "level", "channels", "mix00", "mix01", "mix02", "mix11", "mix12", "mix22", "vals"}},
    {"isp", 9, {"gain", "red", "blue", "weight0", "weight1", "weight2", "weight3", "shot", "read"}},
    {"inject", 3, {"patch", "top", "left"}},
    {"jpeg", 3, {"quality", "backend", "subsampling"}},
    {"clamp", 0, {}}};
constexpr int kOperationTypes = sizeof(kOperationLayouts) / sizeof(OperationLayout);

}  // namespace evensr
