// Where an output pixel of MATLAB's imresize (bicubic) samples its input: pixel centres at half
// integers, the kernel widened by in / out when shrinking with antialiasing, weights normalised,
// borders mirrored with the edge pixel repeated.
#pragma once

#include "math/host_device.h"
#include "math/resize_opencv.h"

namespace evensr {

// One axis: output pixels of input pixels, and how much wider than a cubic its kernel is.
struct MatlabAxis {
  double scale;    // output over input
  double stretch;  // antialiased, min(scale, 1): shrinking widens the kernel by its inverse
  int taps;        // how many neighbours are looked at; the outer ones may weigh nothing
};

// `scale` 0 stands for out / in.
EVENSR_HD_CALL MatlabAxis matlabAxis(int in, int out, double scale, bool antialias) {
  MatlabAxis axis;
  axis.scale = scale > 0 ? scale : static_cast<double>(out) / in;
  axis.stretch = antialias && axis.scale < 1 ? axis.scale : 1;
  const double width = 4 / axis.stretch;
  const int whole = floorOf(width);
  axis.taps = (static_cast<double>(whole) < width ? whole + 1 : whole) + 2;
  return axis;
}

// The centre of output i among the input pixels, both counted from 0.
EVENSR_HD_CALL double matlabCentre(const MatlabAxis& axis, int i) {
  return (i + 0.5) / axis.scale - 0.5;
}

// The first of the neighbours of output i.
EVENSR_HD_CALL int matlabFirst(const MatlabAxis& axis, int i) {
  return floorOf(matlabCentre(axis, i) - 2 / axis.stretch);
}

// Keys' cubic with A = -0.5 (Keys 1981, "Cubic convolution interpolation for digital image
// processing", eq. 15).
EVENSR_HD_CALL double keysCubic(double x) {
  x = x < 0 ? -x : x;
  if (x >= 2) return 0;
  return x <= 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

// The weight of input pixel `index` in output i, not yet divided by their sum.
EVENSR_HD_CALL double matlabWeight(const MatlabAxis& axis, int i, int index) {
  return keysCubic((matlabCentre(axis, i) - index) * axis.stretch);
}

// The pixel that a position outside [0, n) shows: the image is mirrored with its edge repeated, so
// -1 shows 0.
EVENSR_HD_CALL int mirrored(int i, int n) {
  const int period = 2 * n;
  int inside = i % period;
  if (inside < 0) inside += period;
  return inside < n ? inside : period - 1 - inside;
}

}  // namespace evensr
