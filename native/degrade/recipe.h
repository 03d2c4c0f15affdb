// The recipe: one concrete draw of all degradation parameters for one image.
//
// TypeScript draws it (src/degradation/draw.ts) and packs it into 36 doubles (pack.ts); this struct
// is the other side of that contract. recipeLayout() publishes its size and the names below, and
// they are compared with those of pack.ts when the addon is loaded.
#pragma once

#include <cstdint>

namespace evensr {

enum class KernelType {
  none,  // no blur in this stage
  iso,
  aniso,
  generalizedIso,
  generalizedAniso,
  plateauIso,
  plateauAniso,
  sinc
};
enum class ResizeMode { area, bilinear, bicubic };
enum class NoiseType { none, gaussian, poisson };
enum class FinalOrder { resizeThenJpeg, jpegThenResize };
enum class JpegBackend { diffjpeg, libjpeg };
enum class Subsampling { yuv420, yuv444 };

// The two words of a Philox4x32-10 key.
struct NoiseKey {
  uint32_t k0;
  uint32_t k1;
};

struct StageRecipe {
  double kernel;       // KernelType
  double kernelSize;   // odd, 3..21
  double sigmaX;       // pixels
  double sigmaY;       // pixels; the anisotropic families only
  double theta;        // radians
  double beta;         // shape of the generalized and plateau families
  double omega;        // cutoff of sinc, radians a pixel
  double resizeMode;   // ResizeMode
  double resizeScale;  // stage 1: factor of the gt size; stage 2: factor of the lq size
  double noise;        // NoiseType
  double noiseLevel;   // Gaussian: sigma in 8-bit units; Poisson: scale
  double noiseGray;    // 0 or 1
  double jpegQuality;  // (0, 100], 0 skips JPEG
};

struct Recipe {
  double seedLo, seedHi;          // 32-bit words: the key of this image's noise
  double graySeedLo, graySeedHi;  // the key of gray noise fields
  double scale;                   // gt size / lq size
  StageRecipe stages[2];
  double finalOrder;       // FinalOrder
  double finalResizeMode;  // ResizeMode
  double finalSincSize;    // odd, 3..21; 0 for no final filter
  double finalSincOmega;   // radians a pixel
  double jpegBackend;      // JpegBackend
};

constexpr int kRecipeFields = 36;
static_assert(sizeof(Recipe) == kRecipeFields * sizeof(double), "the packed recipe is 36 doubles");

// Names of the 36 numbers in order; those of the stages end in 1 and 2.
constexpr const char* kRecipeFieldNames[] = {
    "seedLo",       "seedHi",       "graySeedLo",      "graySeedHi",    "scale",
    "kernel1",      "kernelSize1",  "sigmaX1",         "sigmaY1",       "theta1",
    "beta1",        "omega1",       "resizeMode1",     "resizeScale1",  "noise1",
    "noiseLevel1",  "noiseGray1",   "jpegQuality1",    "kernel2",       "kernelSize2",
    "sigmaX2",      "sigmaY2",      "theta2",          "beta2",         "omega2",
    "resizeMode2",  "resizeScale2", "noise2",          "noiseLevel2",   "noiseGray2",
    "jpegQuality2", "finalOrder",   "finalResizeMode", "finalSincSize", "finalSincOmega",
    "jpegBackend"};
static_assert(sizeof(kRecipeFieldNames) / sizeof(char*) == kRecipeFields, "one name a field");

}  // namespace evensr
