// Upsampling by integer factors.
#include <algorithm>
#include <cstring>

#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

void bilinearTaps(int in, int factor, std::vector<BilinearTap>& taps) {
  taps.clear();
  for (int i = 0; i < in * factor; i++) taps.push_back(bilinearTap(i, in, factor));
}

}  // namespace

void CpuNetworkBackend::upsampleNearest(const Activation& x, int factor, const Activation& y) {
  const Shape s = x.shape;
  const size_t rowFloats = static_cast<size_t>(y.shape.w) * s.c;
  parallelRange(static_cast<size_t>(s.n) * s.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      const float* from = floats(x) + row * s.w * s.c;
      float* first = floats(y) + row * factor * rowFloats;
      float* to = first;
      for (int i = 0; i < s.w; i++, from += s.c) {
        for (int d = 0; d < factor; d++) to = std::copy(from, from + s.c, to);
      }
      for (int d = 1; d < factor; d++) {
        std::memcpy(first + d * rowFloats, first, rowFloats * sizeof(float));
      }
    }
  });
}

void CpuNetworkBackend::upsampleNearestBackward(const Activation& dy, int factor,
                                                const Activation& dx) {
  const Shape s = dx.shape;
  const size_t rowFloats = static_cast<size_t>(dy.shape.w) * s.c;
  parallelRange(static_cast<size_t>(s.n) * s.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      const float* from = floats(dy) + row * factor * rowFloats;
      float* to = floats(dx) + row * s.w * s.c;
      std::fill(to, to + static_cast<size_t>(s.w) * s.c, 0.0f);
      for (int d = 0; d < factor; d++, from += rowFloats) {
        for (int i = 0; i < dy.shape.w; i++) {
          float* sum = to + static_cast<size_t>(i / factor) * s.c;
          for (int c = 0; c < s.c; c++) sum[c] += from[static_cast<size_t>(i) * s.c + c];
        }
      }
    }
  });
}

void CpuNetworkBackend::upsampleBilinear(const Activation& x, int factor, const Activation& y) {
  const Shape s = x.shape, out = y.shape;
  bilinearTaps(s.h, factor, tapsY_);
  bilinearTaps(s.w, factor, tapsX_);
  parallelRange(static_cast<size_t>(out.n) * out.h, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      const BilinearTap& v = tapsY_[row % out.h];
      const float* image = floats(x) + row / out.h * s.plane() * s.c;
      const float* top = image + static_cast<size_t>(v.first) * s.w * s.c;
      const float* bottom = image + static_cast<size_t>(v.second) * s.w * s.c;
      float* to = floats(y) + row * out.w * s.c;
      for (int i = 0; i < out.w; i++, to += s.c) {
        const BilinearTap& h = tapsX_[i];
        const size_t left = static_cast<size_t>(h.first) * s.c;
        const size_t right = static_cast<size_t>(h.second) * s.c;
        for (int c = 0; c < s.c; c++) {
          const float upper = h.weightFirst * top[left + c] + h.weightSecond * top[right + c];
          const float lower = h.weightFirst * bottom[left + c] + h.weightSecond * bottom[right + c];
          to[c] = v.weightFirst * upper + v.weightSecond * lower;
        }
      }
    }
  });
}

// Scatters; one image a thread, so that sums have one order.
void CpuNetworkBackend::upsampleBilinearBackward(const Activation& dy, int factor,
                                                 const Activation& dx) {
  const Shape s = dx.shape, out = dy.shape;
  bilinearTaps(s.h, factor, tapsY_);
  bilinearTaps(s.w, factor, tapsX_);
  parallelRange(s.n, [&](size_t begin, size_t end, size_t) {
    for (size_t n = begin; n < end; n++) {
      const float* from = floats(dy) + n * out.plane() * s.c;
      float* image = floats(dx) + n * s.plane() * s.c;
      std::fill(image, image + s.plane() * s.c, 0.0f);
      for (int y = 0; y < out.h; y++) {
        const BilinearTap& v = tapsY_[y];
        for (int i = 0; i < out.w; i++, from += s.c) {
          const BilinearTap& h = tapsX_[i];
          for (int c = 0; c < s.c; c++) {
            const float upper = v.weightFirst * from[c], lower = v.weightSecond * from[c];
            const auto at = [&](int row, int column) -> float& {
              return image[(static_cast<size_t>(row) * s.w + column) * s.c + c];
            };
            at(v.first, h.first) += h.weightFirst * upper;
            at(v.first, h.second) += h.weightSecond * upper;
            at(v.second, h.first) += h.weightFirst * lower;
            at(v.second, h.second) += h.weightSecond * lower;
          }
        }
      }
    }
  });
}

}  // namespace evensr
