// Compiled once a SIMD path by winograd_bf16.cc, inside the path's namespace.
//
// F(2x4, 3x3): along the columns the points of winograd_points.h, along the rows 0, +-1 and
// infinity (Lavin & Gray, 2016, section 4.1). Operands that are rounded to bfloat16 in this domain
// err 2.5 times as much as rounded pixels and weights do (2-norm of the result, pixels after a
// ReLU). In that of F(4x4) it is 4.4 times with three quarters of the products, in that of
// F(2x2) 1.5 times with four thirds.

#include "cpu/lanes.h"
//
#include "cpu/matrix_product.h"
#include "cpu/pair_lanes.h"
#include "cpu/winograd_points.h"

template <class L, class Pairs>
struct Bf16Winograd {
  using Vec = typename L::V;
  using Columns = WinogradPoints<L>;

  // Row Y of B^T x, of one channel vector of 4x6 pixels, at all six points of the columns.
  template <int Y>
  EVENSR_INLINE static void inputRow(const float* const* pixels, int c, Vec (&t)[6]) {
    Vec row[6];
#pragma GCC unroll 6
    for (int x = 0; x < 6; x++) {
      const auto pixel = [&](int y) { return L::read(pixels[y * 6 + x] + c); };
      row[x] = Y == 0   ? pixel(0) - pixel(2)
               : Y == 1 ? pixel(1) + pixel(2)
               : Y == 2 ? pixel(2) - pixel(1)
                        : pixel(3) - pixel(1);
    }
    Vec first[3], last[3];
    Columns::inputFirst(first, row);
    Columns::inputLast(last, row);
#pragma GCC unroll 3
    for (int x = 0; x < 3; x++) {
      t[x] = first[x];
      t[3 + x] = last[x];
    }
  }

  template <int Y>
  EVENSR_INLINE static void inputRowOut(const float* const* pixels, int c, Bf16Pair* out,
                                        size_t plane) {
    Vec t[6];
    inputRow<Y>(pixels, c, t);
#pragma GCC unroll 6
    for (int x = 0; x < 6; x++) writeChannels<Pairs>(out + (Y * 6 + x) * plane + c / 2, t[x]);
  }

  static void inputTile(const float* const* pixels, const float* const* next, int channels,
                        Bf16Pair* out, size_t plane) {
    for (int c = 0; c < channels; c += L::kCount) {
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) __builtin_prefetch(next[i / 4 * 6 + 2 + i % 4] + c);
      inputRowOut<0>(pixels, c, out, plane);
      inputRowOut<1>(pixels, c, out, plane);
      inputRowOut<2>(pixels, c, out, plane);
      inputRowOut<3>(pixels, c, out, plane);
    }
  }

  template <int Y>
  EVENSR_INLINE static void inputRowPair(const float* const* first, const float* const* second,
                                         int c, Bf16Pair* out, size_t plane) {
    Vec a[6], b[6];
    inputRow<Y>(first, c, a);
    inputRow<Y>(second, c, b);
#pragma GCC unroll 6
    for (int x = 0; x < 6; x++) writePairs<Pairs>(out + (Y * 6 + x) * plane + c, a[x], b[x]);
  }

  static void inputTilePair(const float* const* first, const float* const* second, int channels,
                            Bf16Pair* out, size_t plane) {
    for (int c = 0; c < channels; c += L::kCount) {
      inputRowPair<0>(first, second, c, out, plane);
      inputRowPair<1>(first, second, c, out, plane);
      inputRowPair<2>(first, second, c, out, plane);
      inputRowPair<3>(first, second, c, out, plane);
    }
  }

  // Row Y of A y, of 2x4 pixels.
  template <int Y>
  EVENSR_INLINE static void gradientRow(const float* const* pixels, int c, Vec (&t)[6]) {
    Vec row[4];
#pragma GCC unroll 4
    for (int x = 0; x < 4; x++) {
      const auto pixel = [&](int y) { return L::read(pixels[y * 4 + x] + c); };
      row[x] = Y == 0   ? pixel(0)
               : Y == 1 ? pixel(0) + pixel(1)
               : Y == 2 ? pixel(0) - pixel(1)
                        : pixel(1);
    }
    Columns::outputTransposed(t, row);
  }

  template <int Y>
  EVENSR_INLINE static void gradientRowPair(const float* const* first, const float* const* second,
                                            int c, Bf16Pair* out, size_t plane) {
    Vec a[6], b[6];
    gradientRow<Y>(first, c, a);
    gradientRow<Y>(second, c, b);
#pragma GCC unroll 6
    for (int x = 0; x < 6; x++) writePairs<Pairs>(out + (Y * 6 + x) * plane + c, a[x], b[x]);
  }

  static void gradientTilePair(const float* const* first, const float* const* second, int channels,
                               Bf16Pair* out, size_t plane) {
    for (int c = 0; c < channels; c += L::kCount) {
      gradientRowPair<0>(first, second, c, out, plane);
      gradientRowPair<1>(first, second, c, out, plane);
      gradientRowPair<2>(first, second, c, out, plane);
      gradientRowPair<3>(first, second, c, out, plane);
    }
  }

  // Whatever follows the products of one result; returns its share of the gate's slope's gradient.
  EVENSR_INLINE static Vec finish(Vec v, const TileEnd& end, const Bf16Places& places, int i,
                                  int c) {
    if (places.unactivated) L::write(places.unactivated[i] + c, v);
    if (end.slopes) v = L::positiveOr(v, L::read(end.slopes + c) * v);
    if (places.addend) {
      v = L::multiplyAdd(L::all(end.scale), v, L::read(places.addend[i] + c));
    } else if (end.scale != 1) {
      v *= L::all(end.scale);
    }
    Vec slopeSum = L::all(0);
    if (places.gate) {
      const Vec in = L::read(places.gate[i] + c);
      slopeSum = v * L::choose(in, L::all(0), in);
      v = L::choose(in, v, L::read(end.gateSlopes + c) * v);
    }
    L::write(places.to[i] + c, v);
    return slopeSum;
  }

  static void outputTile(const float* domain, size_t plane, int channels, const TileEnd& end,
                         const Bf16Places& places) {
    for (int c = 0; c < channels; c += L::kCount) {
      Vec rows[2][6], y[2][4];
#pragma GCC unroll 6
      for (int x = 0; x < 6; x++) {
        const auto value = [&](int row) { return L::read(domain + (row * 6 + x) * plane + c); };
        rows[0][x] = value(0) + value(1) + value(2);
        rows[1][x] = value(1) - value(2) + value(3);
      }
      Columns::output(y[0], rows[0]);
      Columns::output(y[1], rows[1]);
      const Vec bias = end.bias ? L::read(end.bias + c) : L::all(0);
      Vec slopeSum = L::all(0);
#pragma GCC unroll 8
      for (int i = 0; i < 8; i++) {
        if (places.to[i]) slopeSum += finish(y[i / 4][i % 4] + bias, end, places, i, c);
      }
      if (places.gate) L::write(end.slopeSums + c, L::read(end.slopeSums + c) + slopeSum);
    }
  }

  // G g G^T of input channel i.
  EVENSR_INLINE static void weightTile(const WeightView& w, int i, int o, Vec (&u)[4][6]) {
    alignas(64) float taps[9][L::kCount];
    for (int lane = 0; lane < L::kCount; lane++) {
      const float* from = w.data + i * w.inStride + (o + lane) * w.outStride;
      for (int t = 0; t < 9; t++) taps[w.turned ? 8 - t : t][lane] = from[t];
    }
    Vec rows[4][3];
    for (int x = 0; x < 3; x++) {
      const Vec first = L::read(taps[x]), last = L::read(taps[6 + x]);
      const Vec even = L::all(0.5f) * (first + last), odd = L::all(0.5f) * L::read(taps[3 + x]);
      rows[0][x] = first;
      rows[1][x] = even + odd;
      rows[2][x] = even - odd;
      rows[3][x] = last;
    }
    for (int y = 0; y < 4; y++) Columns::weight(u[y], rows[y]);
  }

  static void transformWeights(const WeightView& w, int begin, int end, Bf16Pair* out) {
    const size_t plane = static_cast<size_t>(w.in / 2) * w.out;
    for (int i = begin; i < end; i++) {
      for (int o = 0; o < w.out; o += L::kCount) {
        Vec first[4][6], second[4][6];
        weightTile(w, 2 * i, o, first);
        weightTile(w, 2 * i + 1, o, second);
        Bf16Pair* to = out + static_cast<size_t>(i) * w.out + o;
        for (int k = 0; k < 24; k++) {
          writePairs<Pairs>(to + k * plane, first[k / 6][k % 6], second[k / 6][k % 6]);
        }
      }
    }
  }

  // G^T u G.
  static void weightGradient(const float* domain, const WeightView& w, int begin, int end,
                             float scale, float* out) {
    const size_t plane = static_cast<size_t>(w.in) * w.out;
    for (int i = begin; i < end; i++) {
      for (int o = 0; o < w.out; o += L::kCount) {
        const float* from = domain + static_cast<size_t>(i) * w.out + o;
        Vec u[6], columns[4][3], g[3][3];
        for (int y = 0; y < 4; y++) {
          for (int x = 0; x < 6; x++) u[x] = L::read(from + (y * 6 + x) * plane);
          Columns::weightTransposed(columns[y], u);
        }
        for (int x = 0; x < 3; x++) {
          const Vec half = L::all(0.5f);
          const Vec even = half * (columns[1][x] + columns[2][x]);
          g[0][x] = columns[0][x] + even;
          g[1][x] = half * (columns[1][x] - columns[2][x]);
          g[2][x] = even + columns[3][x];
        }
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

  static constexpr Bf16WinogradKernels kKernels = {
      inputTile,        outputTile,     transformWeights,      inputTilePair,
      gradientTilePair, weightGradient, product<Pairs, false>, product<Pairs, true>};
};

constexpr const Bf16WinogradKernels& kBf16Winograd = Bf16Winograd<FullLanes, FullPairs>::kKernels;
