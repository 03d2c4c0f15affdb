// Compiled once a SIMD path by correlate.cc, inside the path's namespace.
//
// A block of Rows x Columns vectors of output stays in registers while the image rows under it pass
// by: a loaded vector serves every output row it lies under, a broadcast tap every column.

struct AnyKernel {
  static constexpr bool isColumn = false;
};

// One column of taps, one after the other.
struct ColumnKernel {
  static constexpr bool isColumn = true;
};

// Adds what one image row gives to the output rows First .. Last - 1; `taps` is the row of taps of
// output row First. Output row y uses the y-th row of taps before it.
template <int First, int Last, int Rows, int Columns>
EVENSR_INLINE void addImageRow(Vec (&sum)[Rows][Columns], const float* image, const float* taps,
                               int stride, int begin, int end) {
  for (int k = begin; k < end; k++) {
    Vec pixels[Columns];
#pragma GCC unroll 16
    for (int c = 0; c < Columns; c++) pixels[c] = load(image + k + c * kLanes);
#pragma GCC unroll 32
    for (int y = First; y < Last; y++) {
      const Vec tap = broadcast(taps + k - static_cast<ptrdiff_t>(y - First) * stride);
#pragma GCC unroll 16
      for (int c = 0; c < Columns; c++) sum[y][c] = fma(tap, pixels[c], sum[y][c]);
    }
  }
}

// Image row r of the block. The columns of taps that any of its output rows needs.
template <int First, int Last, class Kernel, int Rows, int Columns>
EVENSR_INLINE void takeImageRow(Vec (&sum)[Rows][Columns], const float* image, const Taps& taps,
                                int r) {
  const float* row = taps.data + static_cast<ptrdiff_t>(r - First) * taps.stride;
  if constexpr (Kernel::isColumn) return addImageRow<First, Last>(sum, image, row, 1, 0, 1);
  int begin = taps.begin[r - First], end = taps.end[r - First];
#pragma GCC unroll 32
  for (int y = First + 1; y < Last; y++) {
    begin = taps.begin[r - y] < begin ? taps.begin[r - y] : begin;
    end = taps.end[r - y] > end ? taps.end[r - y] : end;
  }
  addImageRow<First, Last>(sum, image, row, taps.stride, begin, end);
}

// Image rows above the first that lies under all output rows.
template <int R, class Kernel, int Rows, int Columns>
EVENSR_INLINE void takeHead(Vec (&sum)[Rows][Columns], const float* const* in, int x,
                            const Taps& taps) {
  if constexpr (R < Rows - 1) {
    takeImageRow<0, R + 1, Kernel>(sum, in[R] + x, taps, R);
    takeHead<R + 1, Kernel>(sum, in, x, taps);
  }
}

// Image rows below the last one that does.
template <int First, class Kernel, int Rows, int Columns>
EVENSR_INLINE void takeTail(Vec (&sum)[Rows][Columns], const float* const* in, int x,
                            const Taps& taps) {
  if constexpr (First < Rows) {
    const int r = taps.height + First - 1;
    takeImageRow<First, Rows, Kernel>(sum, in[r] + x, taps, r);
    takeTail<First + 1, Kernel>(sum, in, x, taps);
  }
}

EVENSR_INLINE void storePart(float* out, Vec v, int count) {
  if (count >= kLanes) return store(out, v);
  float values[kLanes];
  store(values, v);
  for (int i = 0; i < count; i++) out[i] = values[i];
}

// Needs at least Rows rows of taps.
template <int Rows, int Columns, class Kernel>
EVENSR_INLINE void block(const float* const* in, int x, const Taps& taps, const Strip& strip,
                         float* out) {
  Vec sum[Rows][Columns];
#pragma GCC unroll 32
  for (int y = 0; y < Rows; y++) {
#pragma GCC unroll 16
    for (int c = 0; c < Columns; c++) sum[y][c] = zero();
  }
  takeHead<0, Kernel>(sum, in, x, taps);
  for (int r = Rows - 1; r < taps.height; r++)
    takeImageRow<0, Rows, Kernel>(sum, in[r] + x, taps, r);
  takeTail<1, Kernel>(sum, in, x, taps);
#pragma GCC unroll 32
  for (int y = 0; y < Rows; y++) {
#pragma GCC unroll 16
    for (int c = 0; c < Columns; c++) {
      const int left = x + c * kLanes;
      storePart(out + y * strip.outStride + left, sum[y][c], strip.width - left);
    }
  }
}

// As many rows at once as registers, rows and taps allow, then half as many, and so on.
template <int Rows, int Columns, class Kernel>
EVENSR_INLINE void takeBlocks(int y, int x, const Strip& strip, const Taps& taps) {
  if (taps.height >= Rows) {
    for (; y + Rows <= strip.rows; y += Rows) {
      block<Rows, Columns, Kernel>(strip.in + y, x, taps, strip, strip.out + y * strip.outStride);
    }
  }
  if constexpr (Rows > 1) takeBlocks<Rows / 2, Columns, Kernel>(y, x, strip, taps);
}

template <int Columns, class Kernel>
void takeColumns(const Strip& strip, const Taps& taps, int x) {
  constexpr int kRows = kAccumulators / Columns;
  takeBlocks<(kRows < 8 ? kRows : 8), Columns, Kernel>(0, x, strip, taps);
}

// A single row: many vectors of columns at a time, so that a broadcast tap serves many sums.
constexpr int kWideColumns = kAccumulators / 3;

// Three or four vectors of columns at a time, so that few rows fill the registers: the first and
// the last image rows of a block lie under some of its output rows only, and cost as much.
template <class Kernel>
void correlateStrip(const Strip& strip, const Taps& taps) {
  int vectors = (strip.width + kLanes - 1) / kLanes;
  int x = 0;
  if (strip.rows == 1) {
    for (; vectors >= kWideColumns; vectors -= kWideColumns, x += kWideColumns * kLanes) {
      block<1, kWideColumns, Kernel>(strip.in, x, taps, strip, strip.out);
    }
  }
  while (vectors > 0) {
    const bool four = vectors == 4 || vectors == 8;
    const int columns = four ? 4 : vectors < 3 ? vectors : 3;
    if (columns == 4) takeColumns<4, Kernel>(strip, taps, x);
    if (columns == 3) takeColumns<3, Kernel>(strip, taps, x);
    if (columns == 2) takeColumns<2, Kernel>(strip, taps, x);
    if (columns == 1) takeColumns<1, Kernel>(strip, taps, x);
    x += columns * kLanes;
    vectors -= columns;
  }
}

// Vectors that straddle two cache lines cost twice: those at an odd multiple of half a line are
// read from the other copy.
template <int Vectors>
EVENSR_INLINE void rowBlock(const float* in, const float* shifted, const float* taps, int size,
                            float* out) {
  Vec sum[Vectors];
#pragma GCC unroll 16
  for (int v = 0; v < Vectors; v++) sum[v] = zero();
  for (int first = 0; first < size; first += kLanes) {
    const int end = first + kLanes < size ? first + kLanes : size;
    for (int k = first; k < end; k++) {
      const Vec tap = broadcast(taps + k);
#pragma GCC unroll 16
      for (int v = 0; v < Vectors; v++) {
        sum[v] = fma(tap, load((v % 2 ? shifted : in) + k + v * kLanes), sum[v]);
      }
    }
    const float* other = in;
    in = shifted;
    shifted = other;
  }
#pragma GCC unroll 16
  for (int v = 0; v < Vectors; v++) store(out + v * kLanes, sum[v]);
}

// Blocks of up to eight vectors, as equal as they can be: few sums would wait for one another.
void correlateRow(const float* in, const float* shifted, const float* taps, int size, int width,
                  float* out) {
  const int vectors = (width + kLanes - 1) / kLanes;
  const int blocks = (vectors + 7) / 8;
  for (int b = 0; b < blocks; b++) {
    const int first = vectors * b / blocks, count = vectors * (b + 1) / blocks - first;
    const int x = first * kLanes;
    const float *even = first % 2 ? shifted : in, *odd = first % 2 ? in : shifted;
    switch (count) {
      case 1:
        rowBlock<1>(even + x, odd + x, taps, size, out + x);
        break;
      case 2:
        rowBlock<2>(even + x, odd + x, taps, size, out + x);
        break;
      case 3:
        rowBlock<3>(even + x, odd + x, taps, size, out + x);
        break;
      case 4:
        rowBlock<4>(even + x, odd + x, taps, size, out + x);
        break;
      case 5:
        rowBlock<5>(even + x, odd + x, taps, size, out + x);
        break;
      case 6:
        rowBlock<6>(even + x, odd + x, taps, size, out + x);
        break;
      case 7:
        rowBlock<7>(even + x, odd + x, taps, size, out + x);
        break;
      default:
        rowBlock<8>(even + x, odd + x, taps, size, out + x);
        break;
    }
  }
}

constexpr CorrelateLoops kLoops = {correlateStrip<AnyKernel>, correlateStrip<ColumnKernel>,
                                   correlateRow};
