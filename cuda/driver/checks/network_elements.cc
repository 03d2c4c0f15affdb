// Operators that treat every element on its own: the device gives the bits that the CPU gives.
#include "check.h"
#include "twins.h"

namespace evensr::driver {
namespace {

const Shape kShapes[] = {{1, 1, 1, 1},  {3, 5, 7, 9},  {1, 3, 8, 8},  {2, 8, 5, 3},
                         {1, 64, 4, 6}, {2, 70, 3, 3}, {1, 32, 1, 17}};

// Slices that begin at a multiple of four channels and that do not.
std::vector<Slice> slicesOf(const Shape& shape) {
  return {{}, {shape.c + 8, 4}, {shape.c + 3, 2}, {2 * shape.c, shape.c}};
}

// run(shape, slice) for all combinations.
template <class Run>
void everyWay(const Run& run) {
  for (const Shape& shape : kShapes) {
    for (const Slice& slice : slicesOf(shape)) run(shape, slice);
  }
}

const Registered leakyRelu("network/leakyRelu", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  everyWay([&](const Shape& shape, const Slice& slice) {
    for (const bool inPlace : {false, true}) {
      const float slope = inPlace ? 0.2f : 0.0f;
      const Twin x(backends, dice, shape, slice), other(backends, dice, shape);
      const Twin &y = inPlace ? x : other, dy(backends, dice, shape, slice);
      const Twin another(backends, dice, shape), &dx = inPlace ? dy : another;
      backends.both([&](NetworkBackend& backend, Side side) {
        backend.leakyRelu(x[side], slope, y[side]);
        backend.leakyReluBackward(y[side], slope, dy[side], dx[side]);
      });
      y.requireSame(kSameBits, "y of " + textOf(shape));
      dx.requireSame(kSameBits, "dx of " + textOf(shape));
    }
  });
});

const Registered add("network/add and scale", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  everyWay([&](const Shape& shape, const Slice& slice) {
    const Twin a(backends, dice, shape, slice), b(backends, dice, shape);
    const Twin y(backends, dice, shape, slice);
    for (const Twin* to : {&y, &a, &b}) {
      backends.both([&](NetworkBackend& backend, Side side) {
        backend.add(a[side], b[side], 0.2f, (*to)[side]);
        backend.scale(b[side], -1.7f, b[side]);
        backend.scale((*to)[side], 0.3f, y[side]);
      });
      for (const Twin* one : {&y, &a, &b}) one->requireSame(kSameBits, textOf(shape));
    }
  });
});

// As the engine adds up gradients: a flat block of any length.
const Registered flat("network/flat blocks", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const int count : {1, 3, 4, 1023, 4099}) {
    const Twin a(backends, dice, {1, 1, 1, count}), b(backends, dice, {1, 1, 1, count});
    backends.both([&](NetworkBackend& backend, Side side) {
      backend.add(a[side], b[side], 1, a[side]);
      backend.scale(a[side], 0.3f, b[side]);
    });
    a.requireSame(kSameBits, std::to_string(count) + " values");
    b.requireSame(kSameBits, std::to_string(count) + " values");
  }
});

const Registered prelu("network/prelu", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const Shape& shape : kShapes) {
    const TwinBlock slopes(backends, dice, shape.c), dSlopes(backends, dice, shape.c);
    for (const bool inPlace : {false, true}) {
      const Twin x(backends, dice, shape), y(backends, dice, shape), dy(backends, dice, shape);
      const Twin other(backends, dice, shape), &dx = inPlace ? dy : other;
      backends.both([&](NetworkBackend& backend, Side side) {
        backend.prelu(x[side], slopes[side], y[side]);
        backend.preluBackward(x[side], slopes[side], dy[side], dx[side], dSlopes[side]);
      });
      y.requireSame(kSameBits, "y of " + textOf(shape));
      dx.requireSame(kSameBits, "dx of " + textOf(shape));
      dSlopes.requireSame({2e-6}, "dSlope of " + textOf(shape));
      // Only one of both wanted, then neither.
      const TwinBlock again(backends, dice, shape.c);
      backends.both([&](NetworkBackend& backend, Side side) {
        backend.preluBackward(x[side], slopes[side], y[side], {shape, nullptr, 0}, again[side]);
        backend.preluBackward(x[side], slopes[side], y[side], y[side], nullptr);
        backend.preluBackward(x[side], slopes[side], y[side], {shape, nullptr, 0}, nullptr);
        backend.prelu(x[side], slopes[side], x[side]);
      });
      again.requireSame({2e-6}, "dSlope alone, " + textOf(shape));
      y.requireSame(kSameBits, "dx alone, " + textOf(shape));
      x.requireSame(kSameBits, "y in place of x, " + textOf(shape));
    }
  }
});

const Registered affine("network/affine", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const Shape& shape : kShapes) {
    std::vector<double> scale, shift;
    for (int c = 0; c < shape.c; c++) {
      scale.push_back(dice.between(-3, 3));
      shift.push_back(dice.between(-3, 3));
    }
    const Twin x(backends, dice, shape), y(backends, dice, shape);
    backends.both([&](NetworkBackend& backend, Side side) {
      backend.affine(x[side], scale.data(), shift.data(), y[side]);
      backend.affine(x[side], scale.data(), nullptr, x[side]);
    });
    y.requireSame(kSameBits, textOf(shape));
    x.requireSame(kSameBits, "without shift, in place, " + textOf(shape));
  }
});

const Registered concat("network/concat and split", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const std::vector<int>& channels :
       {std::vector<int>{1}, {3, 5}, {64, 32, 32}, {4, 1, 8, 2}}) {
    for (const Slice& slice : {Slice{}, Slice{150, 3}, Slice{152, 8}}) {
      Shape whole{2, 0, 3, 5};
      std::vector<Twin> parts;
      for (const int c : channels) {
        const Slice own = parts.size() == 1 ? Slice{c + 4, 4} : Slice{};
        parts.emplace_back(backends, dice, Shape{whole.n, c, whole.h, whole.w}, own);
        whole.c += c;
      }
      const Twin y(backends, dice, whole, slice), other(backends, dice, whole);
      const auto on = [&](Side side) {
        std::vector<Activation> all;
        for (const Twin& part : parts) all.push_back(part[side]);
        return all;
      };
      backends.both([&](NetworkBackend& backend, Side side) { backend.concat(on(side), y[side]); });
      y.requireSame(kSameBits, "joined " + textOf(whole));
      backends.both([&](NetworkBackend& backend, Side side) {
        std::vector<Activation> wanted = on(side);
        if (wanted.size() > 2) wanted[2].data = nullptr;
        backend.split(other[side], wanted);
      });
      for (const Twin& part : parts) part.requireSame(kSameBits, "parted " + textOf(whole));
    }
  }
});

}  // namespace
}  // namespace evensr::driver
