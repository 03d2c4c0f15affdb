// Every header of native/math, used in device code: nvcc must compile all of it as it is.
#include "math/adam.h"
#include "math/bits.h"
#include "math/blur_kernel.h"
#include "math/brisque.h"
#include "math/camera.h"
#include "math/feature_distance.h"
#include "math/gan_loss.h"
#include "math/jpeg.h"
#include "math/jpeg_integer.h"
#include "math/loss.h"
#include "math/metrics.h"
#include "math/noise.h"
#include "math/noisy_pixel.h"
#include "math/philox.h"
#include "math/pixel.h"
#include "math/poisson.h"
#include "math/poisson_large.h"
#include "math/polynomials.h"
#include "math/power.h"
#include "math/reflect.h"
#include "math/resize.h"
#include "math/resize_matlab.h"
#include "math/resize_opencv.h"
#include "math/special.h"
#include "math/statistics.h"
#include "math/upsampling.h"
#include "math/usm.h"

namespace evensr {

__global__ void noiseOfPixel(const float* in, float* out, NoiseField field) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  const PhiloxBlock words = noiseWords(field, i);
  const NormalPair normal = boxMuller(words.w0, words.w1);
  out[i] = withSpeckle(withNoise(in[i], normal.first * logOf(in[i])), normal.second);
  out[i] += aliasValue(words.w2, words.w3) + levelOf(in[i]) + static_cast<float>(expOf(in[i]));
}

__global__ void kernelTap(const double* in, double* out) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  const PortableSinCos angle = portableSinCos(in[i]);
  out[i] = portableExp(in[i]) + portablePow(in[i], angle.cos) + besselJ1(angle.sin);
}

__global__ void blurTaps(const KernelParameters* kernels, const double* row, float* out) {
  const KernelParameters& kernel = kernels[blockIdx.x];
  const int i = static_cast<int>(threadIdx.x);
  const double tap = blurTap(kernel, inverseCovariance(kernel), reflect(i, kernel.size), i);
  const double moved = movedTap(row, i, kernel.shift) + isoTap(kernel, i);
  out[i] = floatTap((tap + moved) / sumOfTaps(row, kernel.size));
}

__global__ void sharpen(const float* image, const float* blurred, float* out) {
  const unsigned i = threadIdx.x;
  out[i] = usmBlend(image[i], blurred[i], usmMask(image[i], blurred[i]));
}

__global__ void resizeColumn(float* out, int width, float step) {
  const int x = static_cast<int>(threadIdx.x);
  const LinearTap linear = linearTap(x, width, step);
  const CubicTaps cubic = cubicTaps(x, width, step);
  const AreaWindow window = areaWindow(x, width, width / 2);
  out[x] = linear.lambda + cubic.weight[0] + static_cast<float>(window.end - window.begin);
}

__global__ void resizeAsOthers(double* out, int in, int width) {
  const int x = static_cast<int>(threadIdx.x);
  const MatlabAxis axis = matlabAxis(in, width, 0, true);
  const int first = matlabFirst(axis, x);
  out[x] = cvLinearTap(x, in, width).lambda + cvAreaLinearTap(x, in, width).lambda +
           cvCubicTaps(x, in, width).weight[3] + cvAreaCell(x, in, width).last +
           matlabWeight(axis, x, first) + mirrored(first, in);
}

__global__ void distribution(AliasWork* work, uint32_t* slots, int32_t* smallest, double rate) {
  *smallest = fillPoissonMasses(rate, work->left);
  fillAliasSlots(*work, slots);
}

__global__ void manyPhotons(int* out, double vals, NoiseField field) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  const PoissonRate rate = poissonRate(vals * i);
  const PhiloxBlock words = firstPoissonWords(field, i / 2);
  int k = tryPoisson(rate, words.w0, words.w1);
  for (uint32_t round = 1; k == kRejected; round++) k = retryPoisson(rate, field, i, round);
  out[i] = k;
}

__global__ void logit(const float* logits, float* loss, float* gradient) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  loss[i] = crossEntropyLoss(logits[i], 1) + leastSquaresLoss(logits[i], 0);
  gradient[i] = crossEntropyGradient(logits[i], 1) + leastSquaresGradient(logits[i], 0);
}

__global__ void cameraPixel(float* pixels, float gain) {
  float& x = pixels[threadIdx.x];
  x = applySafely(gain, highlightMask(x), expandGamma(undoToneCurve(x)));
  x = toneCurve(compressGamma(x));
}

__global__ void diffJpegRow(float* rows, float step) {
  float row[8];
  for (int i = 0; i < 8; i++) row[i] = rows[threadIdx.x * 8 + i];
  const Ycc ycc = yccOfRgb(row[0], row[1], row[2]);
  const Rgb rgb = rgbOfYcc(ycc.y, ycc.cb, ycc.cr);
  row[0] = rgb.r, row[1] = rgb.g, row[2] = rgb.b;
  forwardDct8(row);
  for (int i = 0; i < 8; i++) row[i] = quantize(row[i], step);
  inverseDct8(row);
  for (int i = 0; i < 8; i++) rows[threadIdx.x * 8 + i] = row[i];
}

__global__ void libjpegRow(int* rows, IntegerStep step) {
  int row[8];
  for (int i = 0; i < 8; i++) row[i] = rows[threadIdx.x * 8 + i];
  const YccLevels ycc = yccOfLevels(row[0], row[1], row[2]);
  const RgbLevels rgb = rgbOfLevels(ycc.y, ycc.cb, ycc.cr);
  row[0] = rgb.r, row[1] = rgb.g, row[2] = rgb.b;
  forwardDct8<Pass::first>(row);
  forwardDct8<Pass::second>(row);
  for (int i = 0; i < 8; i++) row[i] = quantizeInteger(row[i], step);
  inverseDct8<Pass::first>(row);
  inverseDct8<Pass::second>(row);
  for (int i = 0; i < 8; i++) rows[threadIdx.x * 8 + i] = clampLevel(row[i]);
}

__global__ void scoresOfImages(const double* moments, double* out) {
  const unsigned i = threadIdx.x;
  const double ratio = symmetricRatio(moments[i], moments[i + 1]);
  out[i] = gaussianRatio(ratio) + asymmetricMean(moments[i], moments[i + 1], ratio) +
           unitDistance(moments[i], moments[i + 1], ratio);
}

__global__ void statisticsOfResponses(const float* x, float* out, double sumOfSquares) {
  const unsigned i = threadIdx.x;
  const float rms = rootMeanSquare(sumOfSquares, blockDim.x);
  out[i] = statisticsGradient(x[i], 1, 1 / rms, 1.0f / static_cast<float>(blockDim.x));
}

}  // namespace evensr
