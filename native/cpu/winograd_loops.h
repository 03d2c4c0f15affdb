// Compiled once a SIMD path by winograd.cc, inside the path's namespace.

#include "cpu/lanes.h"
//
#include "cpu/matrix_product.h"
#include "cpu/winograd_points.h"
#include "cpu/winograd_window.h"

template <class L>
struct Winograd {
  using Vec = typename L::V;
  using Points = WinogradPoints<L>;

  // Three of the six rows of the domain. A third of the whole would not stay in registers, and to
  // read the pixels twice costs less than to store and read what does not.
  template <void (*half)(Vec (&)[3], const Vec (&)[6])>
  EVENSR_INLINE static void inputRows(Places from, ptrdiff_t down, Places& to) {
    Vec in[6][6], columns[3][6];
#pragma GCC unroll 6
    for (int y = 0; y < 6; y++) {
#pragma GCC unroll 6
      for (int x = 0; x < 6; x++) in[x][y] = L::read(from.at(x));
      from.move(down);
    }
#pragma GCC unroll 6
    for (int x = 0; x < 6; x++) {
      Vec t[3];
      half(t, in[x]);
#pragma GCC unroll 3
      for (int y = 0; y < 3; y++) columns[y][x] = t[y];
    }
#pragma GCC unroll 3
    for (int y = 0; y < 3; y++) {
      Vec first[3], last[3];
      Points::inputFirst(first, columns[y]);
      Points::inputLast(last, columns[y]);
#pragma GCC unroll 3
      for (int x = 0; x < 3; x++) {
        L::write(to.at(x), first[x]);
        L::write(to.at(3 + x), last[x]);
      }
      to.move(6 * to.step);
    }
  }

  static void inputTile(const TileView& tile, int channels, float* out, size_t plane) {
    Window<L, 6> window(tile);
    for (int c = 0; c < channels; c += L::kCount) {
      window.template fetchNext<2>(c);
      const Places from = window.read(c);
      Places to(out + c, plane);
      inputRows<Points::inputFirst>(from, window.down(), to);
      inputRows<Points::inputLast>(from, window.down(), to);
    }
  }

  // Reads a square of 4x4 vectors from its first row on.
  EVENSR_INLINE static void readSquare(Vec (&v)[4][4], Places from, ptrdiff_t down) {
#pragma GCC unroll 4
    for (int y = 0; y < 4; y++) {
#pragma GCC unroll 4
      for (int x = 0; x < 4; x++) v[y][x] = L::read(from.at(x));
      from.move(down);
    }
  }

  EVENSR_INLINE static void writeSquare(const Vec (&v)[4][4], Window<L, 4>& window, int c) {
    Places to = window.row(c);
#pragma GCC unroll 4
    for (int y = 0; y < 4; y++) {
#pragma GCC unroll 4
      for (int x = 0; x < 4; x++) L::write(to.at(x), v[y][x]);
      to.move(window.down());
    }
    window.finish(c);
  }

  static void gradientTile(const TileView& tile, int channels, float* out, size_t plane,
                           float* sums) {
    Window<L, 4> window(tile);
    for (int c = 0; c < channels; c += L::kCount) {
      window.template fetchNext<0>(c);
      Places to(out + c, plane);
      Vec in[4][4], t[6][6];
      readSquare(in, window.read(c), window.down());
      Vec rows[4];
#pragma GCC unroll 4
      for (int y = 0; y < 4; y++) rows[y] = (in[y][0] + in[y][1]) + (in[y][2] + in[y][3]);
      L::write(sums + c, L::read(sums + c) + ((rows[0] + rows[1]) + (rows[2] + rows[3])));
      Points::template both<4, 6, Points::outputTransposed>(t, in);
#pragma GCC unroll 6
      for (int y = 0; y < 6; y++) {
#pragma GCC unroll 6
        for (int x = 0; x < 6; x++) L::write(to.at(x), t[y][x]);
        to.move(6 * to.step);
      }
    }
  }

  EVENSR_INLINE static void activate(Vec (&v)[4][4], Vec slope) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      v[i / 4][i % 4] = L::positiveOr(v[i / 4][i % 4], slope * v[i / 4][i % 4]);
    }
  }

  // v = addend + scale v
  EVENSR_INLINE static void addTo(Vec (&v)[4][4], Window<L, 4>& addend, int c, Vec scale) {
    if (!addend.isThere()) {
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) v[i / 4][i % 4] *= scale;
      return;
    }
    Places from = addend.read(c);
#pragma GCC unroll 4
    for (int y = 0; y < 4; y++) {
#pragma GCC unroll 4
      for (int x = 0; x < 4; x++) v[y][x] = L::multiplyAdd(scale, v[y][x], L::read(from.at(x)));
      from.move(addend.down());
    }
  }

  // From the gradient of an activation's result to that of its input, which `input` holds. Returns
  // the gradient of the slope.
  EVENSR_INLINE static Vec gate(Vec (&v)[4][4], Window<L, 4>& input, int c, Vec slope) {
    Vec sum = L::all(0);
    Places from = input.read(c);
#pragma GCC unroll 4
    for (int y = 0; y < 4; y++) {
#pragma GCC unroll 4
      for (int x = 0; x < 4; x++) {
        const Vec in = L::read(from.at(x));
        sum = L::multiplyAdd(v[y][x], L::choose(in, L::all(0), in), sum);
        v[y][x] = L::choose(in, v[y][x], slope * v[y][x]);
      }
      from.move(input.down());
    }
    return sum;
  }

  static void outputTile(const float* domain, size_t plane, int channels, const TileEnd& end,
                         const TilePlaces& places) {
    Window<L, 4> to(places.to), addend(places.addend), raw(places.unactivated), gated(places.gate);
    for (int c = 0; c < channels; c += L::kCount) {
      Places from(domain + c, plane);
      Vec in[6][6], v[4][4];
#pragma GCC unroll 6
      for (int y = 0; y < 6; y++) {
#pragma GCC unroll 6
        for (int x = 0; x < 6; x++) in[y][x] = L::read(from.at(x));
        from.move(6 * from.step);
      }
      Points::template both<6, 4, Points::output>(v, in);
      const Vec bias = end.bias ? L::read(end.bias + c) : L::all(0);
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) v[i / 4][i % 4] += bias;
      if (raw.isThere()) writeSquare(v, raw, c);
      if (end.slopes) activate(v, L::read(end.slopes + c));
      if (end.scale != 1 || addend.isThere()) addTo(v, addend, c, L::all(end.scale));
      if (gated.isThere()) {
        const Vec sum = gate(v, gated, c, L::read(end.gateSlopes + c));
        L::write(end.slopeSums + c, L::read(end.slopeSums + c) + sum);
      }
      writeSquare(v, to, c);
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
        Points::template both<3, 6, Points::weight>(u, g);
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
        Points::template both<6, 3, Points::weightTransposed>(g, u);
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
