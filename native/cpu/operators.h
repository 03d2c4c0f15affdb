// The degradation operators of the CPU: each works on one image and on the calling thread.
//
// Images are planar RGB float32, (3, H, W). Every operator gives the same bits on every CPU: it
// uses + - * / sqrt in a fixed order per pixel, and no function of the C library.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/scratch.h"
#include "degrade/recipe.h"
#include "degrade_backend.h"
#include "tensor.h"

namespace evensr::cpu {

void blur(const BlurJob& job, Scratch& scratch);
void resize(const ResizeJob& job, Scratch& scratch);

// cvArea, cvLinear, cvCubic: cv::resize. The sizes alone set the step.
void resizeOpencv(const ResizeJob& job, Scratch& scratch);
// matlabBicubic: imresize with antialiasing; the factor sets the step where one was asked for.
void resizeMatlab(const ResizeJob& job, Scratch& scratch);
// Every n-th pixel of every n-th row, starting with the first; n = round(1 / scale), or
// round(in / out) where a size was asked for.
void decimate(const ResizeJob& job);

// Unsharp mask of Real-ESRGAN: radius 50, amount 0.5, threshold 10; see math/usm.h.
void usm(ImageView in, ImageView out, Scratch& scratch);

// image <- clamp(image + sigma255 / 255 * N(0, 1), 0, 1). Gray: one field for the three channels,
// drawn with `grayKey`. `stage` is 0 or 1 and separates the two uses of a key.
void addGaussianNoise(ImageView image, float sigma255, bool gray, NoiseKey key, NoiseKey grayKey,
                      int stage);

// image <- clamp(image + scale (Poisson(q vals) / vals - q), 0, 1), q = image in 8 bits.
// Gray: one field for the three channels, whose rates are those of the luma. It too is drawn with
// `key`: the batch of the reference shares its gray Gaussian field, but no Poisson field.
void addPoissonNoise(ImageView image, float scale, bool gray, NoiseKey key, int stage,
                     Scratch& scratch);

// image <- clamp(image + sigma255 / 255 M n, 0, 1): n has three independent N(0, 1) numbers a
// pixel, M is symmetric and given as m00, m01, m02, m11, m12, m22.
void addCorrelatedNoise(ImageView image, float sigma255, const float* mix, NoiseKey key, int stage);

// image <- clamp(x + sigma255 / 255 n x, 0, 1), x = clamp(image, 0, 1), n as in the noises above;
// `mix` is read when the channels are correlated. All fields are drawn with `key`.
void addSpeckleNoise(ImageView image, float sigma255, NoiseChannels channels, const float* mix,
                     NoiseKey key, int stage);

// image <- clamp(q + scale (Poisson(q vals) / vals - q), 0, 1), q = image in 8 bits: with scale 1
// BSRGAN-plus's Poisson noise. 0 < vals <= 2^20 photons at white.
// Gray: one field for the three channels; its rates are those of 0.299 R + 0.587 G + 0.114 B of q,
// in 8 bits again.
void addPoissonNoiseOf(ImageView image, double vals, float scale, bool gray, NoiseKey key,
                       int stage, Scratch& scratch);

// The noise of a camera (math/camera.h), in place: clamped to [0, 1], taken back to linear light
// and the camera's colours, divided by the gains (green's is `gain`, the others `gain` times their
// own), seen through an RGGB mosaic; noise of variance shot x + read added there; gains, bilinear
// demosaicing and the way forward again. The image has at least 2 x 2 pixels: of less the sensor
// sees no blue.
void cameraNoise(ImageView image, const IspParameters& parameters, NoiseKey key, int stage,
                 Scratch& scratch);

// image <- clamp(image + (patch - its mean) / 255, 0, 1), channel by channel. `patch` is the first
// byte of a crop of the image's size in a picture of 8-bit RGB, HWC, whose rows are `stride` bytes
// apart.
void injectNoise(ImageView image, const uint8_t* patch, size_t stride);

// Both clamp the image to [0, 1] first and work in place.
// `quality` in (0, 100], not rounded.
void jpegDiff(ImageView image, double quality, Scratch& scratch);
// `quality` in 1..100.
void jpegLibjpeg(ImageView image, int quality, Subsampling subsampling, Scratch& scratch);

}  // namespace evensr::cpu
