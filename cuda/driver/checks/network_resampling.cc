// Operators that move pixels: the device gives the bits that the CPU gives, gradients included.
#include "check.h"
#include "twins.h"

namespace evensr::driver {
namespace {

Shape enlarged(const Shape& shape, int factor) {
  return {shape.n, shape.c, shape.h * factor, shape.w * factor};
}

const Registered shuffle("network/pixel shuffle", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const int factor : {1, 2, 3, 4}) {
    for (const Shape& few : {Shape{1, 3, 4, 5}, Shape{3, 1, 1, 1}, Shape{2, 16, 3, 7},
                             Shape{1, 37, 2, 3}, Shape{1, 64, 1, 9}}) {
      const Shape large = enlarged(few, factor);
      const Shape small{few.n, few.c * factor * factor, few.h, few.w};
      const Twin x(backends, dice, small), y(backends, dice, large);
      const Twin from(backends, dice, large), to(backends, dice, small);
      backends.both([&](NetworkBackend& backend, Side side) {
        backend.pixelShuffle(x[side], factor, y[side]);
        backend.pixelUnshuffle(from[side], factor, to[side]);
      });
      y.requireSame(kSameBits, "shuffled " + textOf(small));
      to.requireSame(kSameBits, "unshuffled " + textOf(large));
    }
  }
});

const Registered pooling("network/maxPool", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const PoolWindows& windows :
       {PoolWindows{2, 2, 0}, PoolWindows{3, 2, 1}, PoolWindows{3, 1, 1}, PoolWindows{2, 3, 0},
        PoolWindows{5, 2, 2}}) {
    for (const Shape& in : {Shape{1, 3, 8, 8}, Shape{3, 4, 7, 9}, Shape{2, 33, 5, 6}}) {
      const Shape out{in.n, in.c, windows.count(in.h), windows.count(in.w)};
      const Twin x(backends, dice, in), y(backends, dice, out);
      const Twin dy(backends, dice, out), dx(backends, dice, in);
      backends.both([&](NetworkBackend& backend, Side side) {
        backend.maxPool(x[side], windows, y[side]);
        backend.maxPoolBackward(x[side], windows, dy[side], dx[side]);
      });
      const std::string what = std::to_string(windows.size) + "/" + std::to_string(windows.stride);
      y.requireSame(kSameBits, what + " of " + textOf(in));
      dx.requireSame(kSameBits, "gradient of " + what + " of " + textOf(in));
    }
  }
});

const Registered upsampling("network/upsample", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const int factor : {1, 2, 3, 4}) {
    for (const Shape& in : {Shape{1, 1, 1, 1}, Shape{3, 3, 4, 5}, Shape{1, 8, 1, 6},
                            Shape{2, 33, 3, 2}, Shape{1, 64, 4, 3}}) {
      const Shape out = enlarged(in, factor);
      const Twin x(backends, dice, in), dy(backends, dice, out);
      const Twin nearest(backends, dice, out), bilinear(backends, dice, out);
      const Twin dNearest(backends, dice, in), dBilinear(backends, dice, in);
      backends.both([&](NetworkBackend& backend, Side side) {
        backend.upsampleNearest(x[side], factor, nearest[side]);
        backend.upsampleBilinear(x[side], factor, bilinear[side]);
        backend.upsampleNearestBackward(dy[side], factor, dNearest[side]);
        backend.upsampleBilinearBackward(dy[side], factor, dBilinear[side]);
      });
      const std::string what = std::to_string(factor) + " times " + textOf(in);
      nearest.requireSame(kSameBits, "nearest, " + what);
      bilinear.requireSame(kSameBits, "bilinear, " + what);
      dNearest.requireSame(kSameBits, "gradient of nearest, " + what);
      dBilinear.requireSame(kSameBits, "gradient of bilinear, " + what);
    }
  }
});

}  // namespace
}  // namespace evensr::driver
