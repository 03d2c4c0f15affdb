// Included once a SIMD path, inside the path's namespace, after cpu/lanes.h.
//
// Winograd's minimal filtering F(4x4, 3x3): 36 products instead of 144 for 16 results (Lavin &
// Gray, "Fast algorithms for convolutional neural networks", 2016, section 4), here at the points
// 0, +-1/sqrt 2, +-sqrt 2 and infinity, whose rounding errors are smaller than those of 0, +-1,
// +-2:
//   Y = A^T [(G g G^T) . (B^T d B)] A
// With M(x) = x (x^2 - 1/2) (x^2 - 2), the row of B^T for the point p holds the coefficients of
// M(x) / (x - p), that of G holds (1, p, p^2) / M'(p), that of A holds (1, p, p^2, p^3).

constexpr float kNear = 0.70710678118654752440f, kFar = 1.41421356237309504880f;  // the points
constexpr float kNearScale = -1 / 1.5f, kFarScale = 1 / 6.0f;                     // 1 / M'(p)

template <class L>
struct WinogradPoints {
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
};
