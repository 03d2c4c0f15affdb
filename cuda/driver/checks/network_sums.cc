// Operators that add up: sums have another order on the device, everything else is the CPU's.
#include "check.h"
#include "twins.h"

namespace evensr::driver {
namespace {

const Shape kShapes[] = {{1, 1, 1, 1}, {3, 3, 9, 7}, {2, 8, 5, 3}, {1, 70, 6, 4}, {1, 3, 65, 67}};
constexpr Tolerance kSums{2e-6}, kDoubles{1e-9};

std::vector<double> someWeights(Dice& dice, int count) {
  std::vector<double> weights;
  for (int i = 0; i < count; i++) weights.push_back(dice.between(0, 2));
  return weights;
}

const Registered statistics("network/global statistics", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const Shape& shape : kShapes) {
    const Shape both{shape.n, 2 * shape.c, 1, 1};
    const Twin x(backends, dice, shape), y(backends, dice, both), dy(backends, dice, both);
    const Twin dx(backends, dice, shape);
    backends.both([&](NetworkBackend& backend, Side side) {
      backend.globalStatistics(x[side], y[side]);
      backend.globalStatisticsBackward(x[side], y[side], dy[side], dx[side]);
    });
    y.requireSame(kSums, "statistics of " + textOf(shape));
    dx.requireSame(kSums, "their gradient, " + textOf(shape));
  }
});

const Registered modulation("network/modulate", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const Shape& shape : kShapes) {
    const Shape both{shape.n, 2 * shape.c, 1, 1};
    const Activation none{shape, nullptr, 0}, noChange{both, nullptr, 0};
    const Twin x(backends, dice, shape), m(backends, dice, both), y(backends, dice, shape);
    const Twin dy(backends, dice, shape), dx(backends, dice, shape);
    const Twin dm(backends, dice, both), dmAlone(backends, dice, both);
    backends.both([&](NetworkBackend& backend, Side side) {
      backend.modulate(x[side], m[side], y[side]);
      backend.modulateBackward(x[side], m[side], dy[side], none, dmAlone[side]);
      backend.modulateBackward(x[side], m[side], dy[side], dx[side], noChange);
      backend.modulateBackward(x[side], m[side], dy[side], dy[side], dm[side]);
      backend.modulate(x[side], m[side], x[side]);
    });
    y.requireSame(kSameBits, "y of " + textOf(shape));
    x.requireSame(kSameBits, "y in place of x, " + textOf(shape));
    dx.requireSame(kSameBits, "dx of " + textOf(shape));
    dy.requireSame(kSameBits, "dx in place of dy, " + textOf(shape));
    dm.requireSame({1e-5}, "dm of " + textOf(shape));
    dmAlone.requireSame({1e-5}, "dm alone, " + textOf(shape));
  }
});

const Registered losses("network/losses", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const Shape& shape : kShapes) {
    for (const LossType type : {LossType::l1, LossType::l2, LossType::charbonnier}) {
      const Twin sr(backends, dice, shape), target(backends, dice, shape);
      const Twin gradient(backends, dice, shape), between(backends, dice, shape);
      const std::vector<double> weights = someWeights(dice, shape.n);
      const std::vector<float> gt = someValues(dice, shape.elements());
      std::vector<double> values[2];
      backends.both([&](NetworkBackend& backend, Side side) {
        std::vector<double>&all = values[side], one(shape.n);
        backend.loss(
            {type, 1e-3f, sr[side], gt.data(), weights.data(), one.data(), gradient[side]});
        all.insert(all.end(), one.begin(), one.end());
        backend.loss({type, 1e-3f, sr[side], gt.data(), nullptr, one.data(), {}});
        all.insert(all.end(), one.begin(), one.end());
        backend.distance(
            {type, 1e-3f, sr[side], target[side], 0.3, weights.data(), one.data(), between[side]});
        all.insert(all.end(), one.begin(), one.end());
      });
      requireLike(values[kCpu], values[kDevice], kDoubles, "losses of " + textOf(shape));
      gradient.requireSame(kSameBits, "gradient of a loss of " + textOf(shape));
      between.requireSame(kSameBits, "gradient of a distance of " + textOf(shape));
    }
  }
});

const Registered adversarial("network/adversarial losses", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{3, 1, 9, 7}, Shape{2, 1, 64, 70}}) {
    for (const GanFormula formula : {GanFormula::crossEntropy, GanFormula::leastSquares}) {
      for (const bool real : {false, true}) {
        const Twin logits(backends, dice, shape), gradient(backends, dice, shape);
        const std::vector<double> weights = someWeights(dice, shape.n);
        std::vector<double> values[2];
        backends.both([&](NetworkBackend& backend, Side side) {
          values[side].resize(shape.n);
          backend.ganLoss({formula, real, logits[side], 0.37, weights.data(), values[side].data(),
                           gradient[side]});
          values[side].push_back(backend.mean(logits[side]));
        });
        requireLike(values[kCpu], values[kDevice], {1e-6}, "losses of " + textOf(shape));
        gradient.requireSame({1e-6}, "gradient of " + textOf(shape));
      }
    }
  }
});

const Registered spectral("network/spectral norm", [](Context& context) {
  struct Size {
    size_t rows, columns;
  };
  Dice dice(context.seed);
  const Backends backends(context);
  for (const Size& size : {Size{1, 1}, Size{16, 27}, Size{5, 300}, Size{300, 7}, Size{64, 144}}) {
    for (const bool iterate : {true, false}) {
      const TwinBlock weight(backends, dice, size.rows * size.columns);
      const TwinBlock u(backends, dice, size.rows), v(backends, dice, size.columns);
      const TwinBlock sigma(backends, dice, 1), gradient(backends, dice, size.rows * size.columns);
      backends.both([&](NetworkBackend& backend, Side side) {
        const auto matrix = [&](const TwinBlock& block) {
          return SpectralWeight{block[side], size.rows, size.columns, u[side], v[side]};
        };
        backend.spectralNorm(matrix(weight), iterate, sigma[side]);
        backend.spectralNormBackward(weight[side], sigma[side], matrix(gradient));
      });
      const std::string what = std::to_string(size.rows) + " x " + std::to_string(size.columns);
      u.requireSame(kSums, "u of " + what);
      v.requireSame(kSums, "v of " + what);
      sigma.requireSame(kSums, "sigma of " + what);
      weight.requireSame(kSums, "weight of " + what);
      gradient.requireSame({1e-5}, "gradient of " + what);
    }
  }
});

}  // namespace
}  // namespace evensr::driver
