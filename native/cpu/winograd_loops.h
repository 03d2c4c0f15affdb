// Compiled once a SIMD path by winograd.cc, inside the path's namespace.
//
// Winograd's minimal filtering F(4x4, 3x3): 36 products instead of 144 for 16 results (Lavin &
// Gray, "Fast algorithms for convolutional neural networks", 2016, section 4), here at the points
// 0,
// +-1/sqrt 2, +-sqrt 2 and infinity, whose rounding errors are smaller than those of 0, +-1, +-2:
//   Y = A^T [(G g G^T) . (B^T d B)] A
// With M(x) = x (x^2 - 1/2) (x^2 - 2), the row of B^T for the point p holds the coefficients of
// M(x) / (x - p), that of G holds (1, p, p^2) / M'(p), that of A holds (1, p, p^2, p^3).

#include "cpu/lanes.h"
//
#include "cpu/matrix_product.h"

constexpr float kNear = 0.70710678118654752440f, kFar = 1.41421356237309504880f;  // the points
constexpr float kNearScale = -1 / 1.5f, kFarScale = 1 / 6.0f;                     // 1 / M'(p)

template <class L>
struct Winograd {
  using Vec = typename L::V;

  // B^T x, one row or column of six pixels: its first three values.
  EVENSR_INLINE static void inputFirst(Vec (&t)[3], const Vec (&x)[6]) {
    t[0] = L::multiplyAdd(L::all(-2.5f), x[2], x[0] + x[4]);
    const Vec even = L::multiplyAdd(L::all(-2), x[2], x[4]);
    const Vec odd = L::multiplyAdd(L::all(-2), x[1], x[3]);
    t[1] = L::multiplyAdd(L::all(kNear), odd, even);
    t[2] = L::multiplyAdd(L::all(-kNear), odd, even);
  }
  // Its last three.
  EVENSR_INLINE static void inputLast(Vec (&t)[3], const Vec (&x)[6]) {
    const Vec even = L::multiplyAdd(L::all(-0.5f), x[2], x[4]);
    const Vec odd = L::multiplyAdd(L::all(-0.5f), x[1], x[3]);
    t[0] = L::multiplyAdd(L::all(kFar), odd, even);
    t[1] = L::multiplyAdd(L::all(-kFar), odd, even);
    t[2] = L::multiplyAdd(L::all(-2.5f), x[3], x[1] + x[5]);
  }

  // A^T m.
  EVENSR_INLINE static void output(Vec (&y)[4], const Vec (&m)[6]) {
    const Vec sumNear = m[1] + m[2], differenceNear = m[1] - m[2];
    const Vec sumFar = m[3] + m[4], differenceFar = m[3] - m[4];
    y[0] = m[0] + sumNear + sumFar;
    y[1] = L::multiplyAdd(L::all(kNear), differenceNear, L::all(kFar) * differenceFar);
    y[2] = L::multiplyAdd(L::all(0.5f), sumNear, L::all(2) * sumFar);
    y[3] = L::multiplyAdd(L::all(0.5f * kNear), differenceNear,
                          L::multiplyAdd(L::all(2 * kFar), differenceFar, m[5]));
  }

  // A y, the transpose of the above.
  EVENSR_INLINE static void outputTransposed(Vec (&t)[6], const Vec (&y)[4]) {
    t[0] = y[0];
    const Vec evenNear = L::multiplyAdd(L::all(0.5f), y[2], y[0]);
    const Vec oddNear = L::multiplyAdd(L::all(0.5f), y[3], y[1]);
    t[1] = L::multiplyAdd(L::all(kNear), oddNear, evenNear);
    t[2] = L::multiplyAdd(L::all(-kNear), oddNear, evenNear);
    const Vec evenFar = L::multiplyAdd(L::all(2), y[2], y[0]);
    const Vec oddFar = L::multiplyAdd(L::all(2), y[3], y[1]);
    t[3] = L::multiplyAdd(L::all(kFar), oddFar, evenFar);
    t[4] = L::multiplyAdd(L::all(-kFar), oddFar, evenFar);
    t[5] = y[3];
  }

  // G g.
  EVENSR_INLINE static void weight(Vec (&t)[6], const Vec (&g)[3]) {
    t[0] = g[0];
    const Vec evenNear = L::all(kNearScale) * L::multiplyAdd(L::all(0.5f), g[2], g[0]);
    const Vec oddNear = L::all(kNear * kNearScale) * g[1];
    t[1] = evenNear + oddNear;
    t[2] = evenNear - oddNear;
    const Vec evenFar = L::all(kFarScale) * L::multiplyAdd(L::all(2), g[2], g[0]);
    const Vec oddFar = L::all(kFar * kFarScale) * g[1];
    t[3] = evenFar + oddFar;
    t[4] = evenFar - oddFar;
    t[5] = g[2];
  }

  // G^T u.
  EVENSR_INLINE static void weightTransposed(Vec (&g)[3], const Vec (&u)[6]) {
    const Vec sumNear = L::all(kNearScale) * (u[1] + u[2]);
    const Vec sumFar = L::all(kFarScale) * (u[3] + u[4]);
    g[0] = u[0] + sumNear + sumFar;
    g[1] = L::multiplyAdd(L::all(kNear * kNearScale), u[1] - u[2],
                          L::all(kFar * kFarScale) * (u[3] - u[4]));
    g[2] = L::multiplyAdd(L::all(0.5f), sumNear, L::multiplyAdd(L::all(2), sumFar, u[5]));
  }

  // Both axes: To x To values from From x From, by `one` on every column and then on every row.
  template <int From, int To, void (*one)(Vec (&)[To], const Vec (&)[From])>
  EVENSR_INLINE static void both(Vec (&out)[To][To], const Vec (&in)[From][From]) {
    Vec columns[To][From];
#pragma GCC unroll 6
    for (int x = 0; x < From; x++) {
      Vec column[From], t[To];
#pragma GCC unroll 6
      for (int y = 0; y < From; y++) column[y] = in[y][x];
      one(t, column);
#pragma GCC unroll 6
      for (int y = 0; y < To; y++) columns[y][x] = t[y];
    }
#pragma GCC unroll 6
    for (int y = 0; y < To; y++) one(out[y], columns[y]);
  }

  // Three of the six rows of the domain. A third of the whole would not stay in registers, and to
  // read the pixels twice costs less than to store and read what does not.
  template <void (*half)(Vec (&)[3], const Vec (&)[6])>
  EVENSR_INLINE static void inputRows(const float* const* pixels, int c, float* out, size_t plane) {
    Vec columns[3][6];
#pragma GCC unroll 6
    for (int x = 0; x < 6; x++) {
      Vec column[6], t[3];
#pragma GCC unroll 6
      for (int y = 0; y < 6; y++) column[y] = L::read(pixels[y * 6 + x] + c);
      half(t, column);
#pragma GCC unroll 3
      for (int y = 0; y < 3; y++) columns[y][x] = t[y];
    }
#pragma GCC unroll 3
    for (int y = 0; y < 3; y++) {
      Vec first[3], last[3];
      inputFirst(first, columns[y]);
      inputLast(last, columns[y]);
#pragma GCC unroll 3
      for (int x = 0; x < 3; x++) {
        L::write(out + (y * 6 + x) * plane + c, first[x]);
        L::write(out + (y * 6 + 3 + x) * plane + c, last[x]);
      }
    }
  }

  static void inputTile(const float* const* pixels, const float* const* next, int channels,
                        float* out, size_t plane) {
    for (int c = 0; c < channels; c += L::kCount) {
#pragma GCC unroll 24
      for (int i = 0; i < 24; i++) __builtin_prefetch(next[i / 4 * 6 + 2 + i % 4] + c);
      inputRows<inputFirst>(pixels, c, out, plane);
      inputRows<inputLast>(pixels, c, out + 18 * plane, plane);
    }
  }

  static void gradientTile(const float* const* pixels, const float* const* next, int channels,
                           float* out, size_t plane) {
    for (int c = 0; c < channels; c += L::kCount) {
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) __builtin_prefetch(next[i] + c);
      Vec in[4][4], t[6][6];
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) in[i / 4][i % 4] = L::read(pixels[i] + c);
      both<4, 6, outputTransposed>(t, in);
#pragma GCC unroll 36
      for (int i = 0; i < 36; i++) L::write(out + i * plane + c, t[i / 6][i % 6]);
    }
  }

  static void outputTile(const float* domain, size_t plane, int channels, const TileEnd& end,
                         float* const* pixels, const float* const* addends) {
    for (int c = 0; c < channels; c += L::kCount) {
      Vec in[6][6], y[4][4];
#pragma GCC unroll 36
      for (int i = 0; i < 36; i++) in[i / 6][i % 6] = L::read(domain + i * plane + c);
      both<6, 4, output>(y, in);
      const Vec bias = end.bias ? L::read(end.bias + c) : L::all(0);
      const Vec slope = L::all(end.slope), scale = L::all(end.scale);
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) {
        if (!pixels[i]) continue;
        Vec v = y[i / 4][i % 4] + bias;
        if (end.activate) v = L::positiveOr(v, slope * v);
        if (end.add) v = L::multiplyAdd(scale, v, L::read(addends[i] + c));
        L::write(pixels[i] + c, v);
      }
    }
  }

  // Input channels [begin, end) of all output channels.
  static void transformWeights(const WeightView& w, int begin, int end, float* out) {
    const size_t plane = static_cast<size_t>(w.in) * w.out;
    for (int i = begin; i < end; i++) {
      for (int o = 0; o < w.out; o += L::kCount) {
        alignas(64) float taps[9][L::kCount];
        for (int lane = 0; lane < L::kCount; lane++) {
          const float* from = w.data + i * w.inStride + (o + lane) * w.outStride;
          for (int t = 0; t < 9; t++) taps[w.turned ? 8 - t : t][lane] = from[t];
        }
        Vec g[3][3], u[6][6];
        for (int t = 0; t < 9; t++) g[t / 3][t % 3] = L::read(taps[t]);
        both<3, 6, weight>(u, g);
        float* to = out + static_cast<size_t>(i) * w.out + o;
        for (int k = 0; k < 36; k++) L::write(to + k * plane, u[k / 6][k % 6]);
      }
    }
  }

  // Back from 36 planes (in, out) to (out, in, 3, 3), times `scale`.
  static void weightGradient(const float* domain, const WeightView& w, int begin, int end,
                             float scale, float* out) {
    const size_t plane = static_cast<size_t>(w.in) * w.out;
    for (int i = begin; i < end; i++) {
      for (int o = 0; o < w.out; o += L::kCount) {
        const float* from = domain + static_cast<size_t>(i) * w.out + o;
        Vec u[6][6], g[3][3];
        for (int k = 0; k < 36; k++) u[k / 6][k % 6] = L::read(from + k * plane);
        both<6, 3, weightTransposed>(g, u);
        for (int t = 0; t < 9; t++) {
          alignas(64) float values[L::kCount];
          L::write(values, L::all(scale) * g[t / 3][t % 3]);
          for (int lane = 0; lane < L::kCount; lane++) {
            out[i * w.inStride + (o + lane) * w.outStride + t] = values[lane];
          }
        }
      }
    }
  }

  static constexpr WinogradKernels kKernels = {inputTile,        gradientTile,   outputTile,
                                               transformWeights, weightGradient, kProducts<L>};
};

inline const WinogradKernels* winogradFor(int inChannels, int outChannels) {
  const auto fit = [&](int lanes) { return inChannels % lanes == 0 && outChannels % lanes == 0; };
  if (fit(FullLanes::kCount)) return &Winograd<FullLanes>::kKernels;
#ifdef EVENSR_PATH_IS_AVX512
  if (fit(HalfLanes::kCount)) return &Winograd<HalfLanes>::kKernels;
#endif
  return nullptr;
}
