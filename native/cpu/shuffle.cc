// Pixel shuffle: channels to pixels, and back.
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

// Calls move(shuffled, channels) for every element, rows of the small side in parallel: the index
// of the element in the image with few channels, and in the one with many. A factor and a number of
// channels that the compiler knows (0: it does not) make that a fixed permutation of each pixel.
template <int fixedFactor, int fixedChannels, class Move>
void shuffleBy(const Shape& small, int anyFactor, const Move& move) {
  const int factor = fixedFactor ? fixedFactor : anyFactor;
  const int channels = fixedChannels ? fixedChannels : small.c / (factor * factor);
  const size_t width = static_cast<size_t>(small.w) * factor;
  parallelRange(static_cast<size_t>(small.n) * small.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      for (int x = 0; x < small.w; x++) {
        const size_t source = (row * small.w + x) * small.c;
        for (int dy = 0; dy < factor; dy++) {
          const size_t target = ((row * factor + dy) * width + x * factor) * channels;
          for (int dx = 0; dx < factor; dx++) {
            for (int c = 0; c < channels; c++) {
              move(target + dx * channels + c, source + (c * factor + dy) * factor + dx);
            }
          }
        }
      }
    }
  });
}

template <class Move>
void shuffle(const Shape& small, int factor, const Move& move) {
  const bool isRgb = small.c == 3 * factor * factor;
  if (isRgb && factor == 4) return shuffleBy<4, 3>(small, factor, move);
  if (isRgb && factor == 2) return shuffleBy<2, 3>(small, factor, move);
  shuffleBy<0, 0>(small, factor, move);
}

}  // namespace

void CpuNetworkBackend::pixelShuffle(const Activation& x, int factor, const Activation& y) {
  const float* from = floats(x);
  float* to = floats(y);
  shuffle(x.shape, factor, [=](size_t large, size_t small) { to[large] = from[small]; });
}

void CpuNetworkBackend::pixelUnshuffle(const Activation& x, int factor, const Activation& y) {
  const float* from = floats(x);
  float* to = floats(y);
  shuffle(y.shape, factor, [=](size_t large, size_t small) { to[small] = from[large]; });
}

}  // namespace evensr
