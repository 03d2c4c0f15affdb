// Where an output pixel of a resize samples its input, with OpenCV's conventions (cv::resize on
// float32, half-pixel centres, no antialiasing except INTER_AREA when shrinking).
//
// Positions and weights are computed in double. OpenCV itself rounds the position to float on some
// machines and not on others (IPP), which moves a result by up to 3e-6. The step is rounded twice,
// as 1 / (out / in): where a position falls on the border of two pixels, that decides between them.
#pragma once

#include "math/host_device.h"

namespace evensr {

// The largest integer that is not above x, |x| < 2^31.
EVENSR_HD_CALL int floorOf(double x) {
  const int truncated = static_cast<int>(x);
  return static_cast<double>(truncated) > x ? truncated - 1 : truncated;
}

// Input pixels per output pixel.
EVENSR_HD_CALL double cvStep(int in, int out) { return 1 / (static_cast<double>(out) / in); }

struct CvLinearTap {
  int first;      // 0 .. in - 1; the second is the next pixel, or the first at the border
  double lambda;  // weight of the second
};

// INTER_LINEAR: the centre of output i lies at (i + 1/2) in / out - 1/2; borders are repeated.
EVENSR_HD_CALL CvLinearTap cvLinearTap(int i, int in, int out) {
  const double source = (i + 0.5) * cvStep(in, out) - 0.5;
  const int first = floorOf(source);
  if (first < 0) return {0, 0};
  if (first >= in - 1) return {in - 1, 0};
  return {first, source - first};
}

// INTER_AREA where it does not shrink both axes: a linear interpolation whose output pixels are
// copies except where a border between two input pixels runs through them.
EVENSR_HD_CALL CvLinearTap cvAreaLinearTap(int i, int in, int out) {
  const int first = floorOf(i * cvStep(in, out));
  if (first >= in - 1) return {in - 1, 0};
  const auto lambda = static_cast<float>((i + 1) - (first + 1) * (static_cast<double>(out) / in));
  return {first, lambda <= 0 ? 0 : lambda - static_cast<float>(floorOf(lambda))};
}

struct CvCubicTaps {
  int first;  // of four neighbours; those outside the image show its border
  double weight[4];
};

// INTER_CUBIC: Keys, "Cubic convolution interpolation for digital image processing", 1981, with
// A = -0.75. The last weight is what the others leave of 1.
EVENSR_HD_CALL CvCubicTaps cvCubicTaps(int i, int in, int out) {
  constexpr double A = -0.75;
  const double source = (i + 0.5) * cvStep(in, out) - 0.5;
  const int left = floorOf(source);
  const double t = source - left;
  const double u = 1 - t;
  CvCubicTaps taps;
  taps.first = left - 1;
  taps.weight[0] = ((A * (t + 1) - 5 * A) * (t + 1) + 8 * A) * (t + 1) - 4 * A;
  taps.weight[1] = ((A + 2) * t - (A + 3)) * t * t + 1;
  taps.weight[2] = ((A + 2) * u - (A + 3)) * u * u + 1;
  taps.weight[3] = 1 - taps.weight[0] - taps.weight[1] - taps.weight[2];
  return taps;
}

// INTER_AREA when shrinking: output i covers [i in / out, (i + 1) in / out) and every input pixel
// counts by its share of it.
struct CvAreaCell {
  int begin, end;             // the pixels begin .. end - 1
  double first, inner, last;  // weights of pixel begin, those between, pixel end - 1
};

EVENSR_HD_CALL CvAreaCell cvAreaCell(int i, int in, int out) {
  // A smaller share of a pixel than this is left out by OpenCV.
  constexpr double kNegligible = 1e-3;
  const double scale = cvStep(in, out);
  const double from = i * scale, to = from + scale;
  const double room = in - from;
  const double cell = scale < room ? scale : room;
  int whole = floorOf(from);
  if (static_cast<double>(whole) < from) whole++;
  int wholeEnd = floorOf(to);
  if (wholeEnd > in - 1) wholeEnd = in - 1;
  if (whole > wholeEnd) whole = wholeEnd;

  CvAreaCell taps{whole, wholeEnd, 1 / cell, 1 / cell, 1 / cell};
  if (whole - from > kNegligible) {
    taps.begin = whole - 1;
    taps.first = (whole - from) / cell;
  }
  if (to - wholeEnd > kNegligible) {
    double share = to - wholeEnd;
    if (share > 1) share = 1;
    if (share > cell) share = cell;
    taps.end = wholeEnd + 1;
    taps.last = share / cell;
  }
  return taps;
}

}  // namespace evensr
