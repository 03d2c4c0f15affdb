// Included once a SIMD path, inside the path's namespace, after cpu/lanes.h: squares of pixels, one
// vector of channels at a time.

// Six places, `step` apart, whose addresses are sums of two registers. Left alone, the compiler
// computes all addresses of a tile beforehand and keeps them on the stack.
struct Places {
  const char* first;
  ptrdiff_t step, step3, step5;  // bytes
  EVENSR_INLINE Places(const float* first, ptrdiff_t floats)
      : first(reinterpret_cast<const char*>(first)),
        step(floats * sizeof(float)),
        step3(3 * step),
        step5(5 * step) {}
  EVENSR_INLINE float* at(int i) const {
    const ptrdiff_t offset = i == 5 ? step5 : i == 3 ? step3 : i * step;
    return reinterpret_cast<float*>(const_cast<char*>(first + offset));
  }
  EVENSR_INLINE void move(ptrdiff_t bytes) {
    first += bytes;
    asm volatile("" : "+r"(first));
  }
};

// The pixels of a tile as a square that is whole: where some lie outside of the image, in a copy,
// in which those are 0.
template <class L, int Side>
class Window {
 public:
  EVENSR_INLINE explicit Window(const TileView& view)
      : view_(view),
        isWhole_(view.top == 0 && view.left == 0 && view.bottom == Side && view.right == Side),
        down_((isWhole_ ? view.down : Side * L::kCount) * sizeof(float)) {
    if (!isWhole_ && isThere()) std::fill_n(copy_, Side * Side * L::kCount, 0.0f);
  }
  EVENSR_INLINE bool isThere() const { return view_.first; }
  // From one row to the next, in bytes.
  EVENSR_INLINE ptrdiff_t down() const { return down_; }
  // The first row of channel c.
  EVENSR_INLINE Places row(int c) const {
    return isWhole_ ? Places(view_.first + c, view_.across) : Places(copy_, L::kCount);
  }
  // For reading.
  EVENSR_INLINE Places read(int c) {
    if (!isWhole_) load(c);
    return row(c);
  }
  // After the channels have been written.
  EVENSR_INLINE void finish(int c) const {
    if (!isWhole_) save(c);
  }
  // Fetches the four columns from `first` on of the tile on the right.
  template <int first>
  EVENSR_INLINE void fetchNext(int c) const {
    Places from(view_.first + c, view_.across);
    from.move(4 * from.step);
#pragma GCC unroll 6
    for (int y = 0; y < Side; y++) {
#pragma GCC unroll 4
      for (int x = first; x < first + 4; x++) __builtin_prefetch(from.at(x));
      from.move(view_.down * sizeof(float));
    }
  }

 private:
  EVENSR_INLINE float* pixel(int y, int x, int c) const {
    return view_.first + y * view_.down + x * view_.across + c;
  }
  void load(int c) {
    for (int y = view_.top; y < view_.bottom; y++) {
      for (int x = view_.left; x < view_.right; x++) {
        L::write(copy_ + (y * Side + x) * L::kCount, L::read(pixel(y, x, c)));
      }
    }
  }
  void save(int c) const {
    for (int y = view_.top; y < view_.bottom; y++) {
      for (int x = view_.left; x < view_.right; x++) {
        L::write(pixel(y, x, c), L::read(copy_ + (y * Side + x) * L::kCount));
      }
    }
  }

  const TileView& view_;
  const bool isWhole_;
  const ptrdiff_t down_;
  alignas(64) float copy_[Side * Side * L::kCount];
};
