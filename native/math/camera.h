// A camera's way from light to picture, and back: T. Brooks, B. Mildenhall, T. Xue, J. Chen,
// D. Sharlet, J. T. Barron, "Unprocessing images for learned raw denoising", CVPR 2019, section 3.
#pragma once

#include <cmath>

#include "math/host_device.h"
#include "math/pixel.h"
#include "math/power.h"

namespace evensr {

// XYZ to camera, rows R G B (the four matrices that the paper's section 3.4 blends).
constexpr double kXyzToCamera[4][3][3] = {
    {{1.0234, -0.2969, -0.2266}, {-0.5625, 1.6328, -0.0469}, {-0.0703, 0.2188, 0.6406}},
    {{0.4913, -0.0541, -0.0202}, {-0.6130, 1.3513, 0.2906}, {-0.1564, 0.2151, 0.7183}},
    {{0.8380, -0.2630, -0.0639}, {-0.2887, 1.0725, 0.2496}, {-0.0627, 0.1427, 0.5438}},
    {{0.6596, -0.2079, -0.0562}, {-0.4782, 1.3016, 0.1933}, {-0.0970, 0.1581, 0.5181}}};

// Linear sRGB to XYZ, white D65 (IEC 61966-2-1).
constexpr double kRgbToXyz[3][3] = {{0.4124564, 0.3575761, 0.1804375},
                                    {0.2126729, 0.7151522, 0.0721750},
                                    {0.0193339, 0.1191920, 0.9503041}};

// Between linear sRGB and the camera's colours; white is white in both.
struct CameraMatrices {
  float toCamera[3][3];
  float toRgb[3][3];
};

// The blend of the four cameras, rows divided by their sums, and its inverse. The weights are not
// negative and not all 0.
inline CameraMatrices cameraMatrices(const double* weights) {
  const double total = weights[0] + weights[1] + weights[2] + weights[3];
  double m[3][3] = {};
  for (int i = 0; i < 3; i++) {
    double sum = 0;
    for (int j = 0; j < 3; j++) {
      for (int k = 0; k < 3; k++) {
        double blend = 0;
        for (int w = 0; w < 4; w++) blend += weights[w] * kXyzToCamera[w][i][k];
        m[i][j] += blend / total * kRgbToXyz[k][j];
      }
      sum += m[i][j];
    }
    for (int j = 0; j < 3; j++) m[i][j] /= sum;
  }
  CameraMatrices out;
  double cofactors[3][3];
  for (int i = 0; i < 3; i++) {
    const int a = (i + 1) % 3, b = (i + 2) % 3;
    for (int j = 0; j < 3; j++) {
      const int c = (j + 1) % 3, d = (j + 2) % 3;
      cofactors[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
    }
  }
  const double determinant =
      m[0][0] * cofactors[0][0] + m[0][1] * cofactors[0][1] + m[0][2] * cofactors[0][2];
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      out.toCamera[i][j] = static_cast<float>(m[i][j]);
      out.toRgb[i][j] = static_cast<float>(cofactors[j][i] / determinant);
    }
  }
  return out;
}

// The tone curve 3 t^2 - 2 t^3, t in [0, 1].
EVENSR_HD float toneCurve(float t) { return t * t * (3.0f - 2.0f * t); }

// Its inverse, 1/2 - sin(arcsin(1 - 2 x) / 3), x in [0, 1]. With d = 2/3 arcsin(sqrt(x)) that is
// sin^2(d / 2) + sqrt(3/4) sin(d), which cancels nothing; above 1/2 the curve's symmetry is used.
// Absolute error below 2e-7.
EVENSR_HD float undoToneCurve(float x) {
  const float low = x > 0.5f ? 1.0f - x : x;
  const float d = arcSineOf(sqrtf(low)) * (2.0f / 3);
  const float half = smallSineOf(0.5f * d);
  const float t = half * half + 0.8660254037844386f * smallSineOf(d);
  return x > 0.5f ? 1.0f - t : t;
}

// Gamma 2.2 of x in [0, 1], absolute error below 1e-7. Black is 1e-8, as in the paper's code.
EVENSR_HD float expandGamma(float x) { return powerOf(x > 1e-8f ? x : 1e-8f, 2.2f); }

// Its inverse, absolute error below 1e-7.
EVENSR_HD float compressGamma(float x) { return powerOf(x > 1e-8f ? x : 1e-8f, 1.0f / 2.2f); }

// How much a pixel is kept from being darkened: 0 up to a mean of its channels of 0.9, then the
// square of the rest's share.
EVENSR_HD float highlightMask(float mean) {
  const float above = (mean - 0.9f) / 0.1f;
  const float share = above > 0.0f ? above : 0.0f;
  return share * share;
}

// `value` times `gain`, or nearer to 1 in highlights.
EVENSR_HD float applySafely(float gain, float mask, float value) {
  const float blended = mask + (1.0f - mask) * gain;
  return value * (blended > gain ? blended : gain);
}

// The light of a pixel in the camera's colours, and its highlightMask.
struct CameraLight {
  float red, green, blue, mask;
};

// Of a pixel of the picture; `m` is CameraMatrices::toCamera.
EVENSR_HD CameraLight cameraLight(const float (&m)[3][3], float pixelR, float pixelG,
                                  float pixelB) {
  const float r = expandGamma(undoToneCurve(clamp01(pixelR)));
  const float g = expandGamma(undoToneCurve(clamp01(pixelG)));
  const float b = expandGamma(undoToneCurve(clamp01(pixelB)));
  const float red = m[0][0] * r + m[0][1] * g + m[0][2] * b;
  const float green = m[1][0] * r + m[1][1] * g + m[1][2] * b;
  const float blue = m[2][0] * r + m[2][1] * g + m[2][2] * b;
  return {red, green, blue, highlightMask((red + green + blue) / 3.0f)};
}

// A raw value with noise of variance shot x + read.
EVENSR_HD float withShotNoise(float x, float normal, float shot, float read) {
  return x + normal * sqrtf(shot * x + read);
}

// Raw values around a pixel: its own, and sums of the two at its sides, of those above and below
// it, and of the four at its corners.
struct RawValues {
  float centre, across, down, corners;
};

struct CameraColours {
  float r, g, b;
};

// Bilinear demosaicing. A row's own colour besides green is red in rows of phase 0 and blue in
// those of phase 1; it stands where `onGreen` is false.
EVENSR_HD CameraColours demosaiced(const RawValues& raw, bool onGreen, int phase) {
  const float own = onGreen ? 0.5f * raw.across : raw.centre;
  const float other = onGreen ? 0.5f * raw.down : 0.25f * raw.corners;
  const float g = onGreen ? raw.centre : 0.25f * (raw.across + raw.down);
  return {phase == 0 ? own : other, g, phase == 0 ? other : own};
}

// A channel of the picture; `m` is its row of CameraMatrices::toRgb.
EVENSR_HD float developed(const float (&m)[3], const CameraColours& c) {
  return toneCurve(compressGamma(clamp01(m[0] * c.r + m[1] * c.g + m[2] * c.b)));
}

}  // namespace evensr
