// Pixel shuffle: channels to pixels, and back.
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

// Calls move(shuffled, channels) for every element, rows of the small side in parallel: the index
// of the element in the image with few channels, and in the one with many.
template <class Move>
void shuffle(const Shape& small, int factor, const Move& move) {
  const int channels = small.c / (factor * factor), width = small.w * factor;
  parallelRange(static_cast<size_t>(small.n) * small.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      for (int x = 0; x < small.w; x++) {
        const size_t pixel = (row * small.w + x) * small.c;
        for (int c = 0; c < channels; c++) {
          for (int dy = 0; dy < factor; dy++) {
            const size_t target = ((row * factor + dy) * width + x * factor) * channels + c;
            const size_t source = pixel + (c * factor + dy) * factor;
            for (int dx = 0; dx < factor; dx++) move(target + dx * channels, source + dx);
          }
        }
      }
    }
  });
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
