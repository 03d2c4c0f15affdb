// The degradation operators of the CPU: each works on one image and on the calling thread.
//
// Images are planar RGB float32, (3, H, W). Every operator gives the same bits on every CPU: it
// uses + - * / sqrt in a fixed order per pixel, and no function of the C library.
#pragma once

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

// Unsharp mask of Real-ESRGAN: radius 50, amount 0.5, threshold 10; see usm.cc.
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

// Both clamp the image to [0, 1] first and work in place.
// `quality` in (0, 100], not rounded.
void jpegDiff(ImageView image, double quality, Scratch& scratch);
// `quality` in 1..100.
void jpegLibjpeg(ImageView image, int quality, Subsampling subsampling, Scratch& scratch);

}  // namespace evensr::cpu
