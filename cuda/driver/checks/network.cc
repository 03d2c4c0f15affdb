// Every operator of networks but convolutions, against the CPU's. 0: the same bits.
#include "sides.h"

namespace evensr::driver {
namespace {

const Shape kOdd{3, 7, 5, 9}, kEven{2, 16, 8, 6}, kDot{1, 1, 1, 1}, kWide{1, 70, 6, 31};

using Act = std::function<Results(Side&)>;

void exactly(Context& context, const Act& act) {
  compareSides(context, Precision::float32, 0, act);
}

// Sums in double, in another order than the CPU's.
void closely(Context& context, const Act& act) {
  compareSides(context, Precision::float32, 4e-6, act);
  compareRuns(context, Precision::float32, act);
}

const Registered prelu("network/prelu", [](Context& context) {
  for (const Shape& shape : {kOdd, kEven, kDot, kWide}) {
    exactly(context, [&](Side& s) {
      const Activation x = s.image(shape), y = s.image(shape);
      s.backend.prelu(x, s.block(shape.c), y);
      return Results{s.read(y)};
    });
    closely(context, [&](Side& s) {
      const Activation x = s.image(shape), dy = s.image(shape);
      const float* slope = s.block(shape.c);
      float* dSlope = s.block(shape.c);
      s.backend.preluBackward(x, slope, dy, dy, dSlope);
      return Results{s.read(dy), s.read(dSlope, shape.c)};
    });
    closely(context, [&](Side& s) {
      const Activation x = s.image(shape), dy = s.image(shape);
      float* dSlope = s.block(shape.c);
      s.backend.preluBackward(x, s.block(shape.c), dy, {shape, nullptr, 0}, dSlope);
      return Results{s.read(dSlope, shape.c)};
    });
  }
});

const Registered leaky("network/leaky-relu", [](Context& context) {
  for (const Shape& shape : {kOdd, kEven, kDot, kWide}) {
    exactly(context, [&](Side& s) {
      const Activation x = s.slice(shape, 2, shape.c + 5), y = s.image(shape);
      s.backend.leakyRelu(x, 0.2f, y);
      s.backend.leakyRelu(y, 0.1f, y);
      const Activation dy = s.image(shape), dx = s.slice(shape, 1, shape.c + 2);
      s.backend.leakyReluBackward(y, 0.2f, dy, dx);
      s.backend.leakyReluBackward(y, 0.2f, dy, dy);
      return Results{s.read(y), s.read(dx), s.read(dy)};
    });
  }
});

const Registered arithmetic("network/arithmetic", [](Context& context) {
  for (const Shape& shape : {kOdd, kEven, kDot, kWide}) {
    exactly(context, [&](Side& s) {
      const Activation a = s.image(shape), b = s.slice(shape, 3, shape.c + 4), y = s.image(shape);
      s.backend.add(a, b, 0.2f, y);
      s.backend.add(y, a, -1.5f, y);
      s.backend.scale(y, 0.3f, y);
      s.backend.scale(a, 3, b);
      return Results{s.read(y), s.read(b)};
    });
    exactly(context, [&](Side& s) {
      const Activation x = s.image(shape), y = s.image(shape);
      std::vector<double> scale, shift;
      for (int c = 0; c < shape.c; c++) {
        scale.push_back(0.1 * c + 0.7);
        shift.push_back(0.3 - c);
      }
      s.backend.affine(x, scale.data(), shift.data(), y);
      s.backend.affine(y, scale.data(), nullptr, y);
      return Results{s.read(y)};
    });
  }
});

const Registered channels("network/channels", [](Context& context) {
  exactly(context, [&](Side& s) {
    const Shape shape{2, 3, 4, 5}, other{2, 6, 4, 5}, all{2, 12, 4, 5};
    const Activation a = s.image(shape), b = s.slice(other, 1, 8), c = s.image(shape);
    const Activation y = s.image(all);
    s.backend.concat({a, b, c}, y);
    const Activation p = s.image(shape), q = s.slice(shape, 2, 6);
    s.backend.split(y, {p, {other, nullptr, 0}, q});
    return Results{s.read(y), s.read(p), s.read(q)};
  });
});

const Registered conditioning("network/conditioning", [](Context& context) {
  for (const Shape& shape : {kOdd, kEven, kDot, kWide}) {
    const Shape statistics{shape.n, 2 * shape.c, 1, 1};
    closely(context, [&](Side& s) {
      const Activation x = s.image(shape), y = s.image(statistics), dy = s.image(statistics);
      const Activation dx = s.image(shape);
      s.backend.globalStatistics(x, y);
      s.backend.globalStatisticsBackward(x, y, dy, dx);
      return Results{s.read(y), s.read(dx)};
    });
    closely(context, [&](Side& s) {
      const Activation x = s.image(shape), m = s.image(statistics), y = s.image(shape);
      s.backend.modulate(x, m, y);
      const Activation dy = s.image(shape), dm = s.image(statistics);
      s.backend.modulateBackward(x, m, dy, dy, dm);
      s.backend.modulate(x, m, x);
      return Results{s.read(x), s.read(y), s.read(dy), s.read(dm)};
    });
  }
});

const Registered shuffles("network/shuffles", [](Context& context) {
  for (const int factor : {2, 3, 4}) {
    for (const int channels : {1, 3, 5}) {
      exactly(context, [&](Side& s) {
        const Shape small{2, channels * factor * factor, 3, 4};
        const Shape large{2, channels, 3 * factor, 4 * factor};
        const Activation x = s.image(small), y = s.image(large), back = s.image(small);
        s.backend.pixelShuffle(x, factor, y);
        s.backend.pixelUnshuffle(y, factor, back);
        return Results{s.read(y), s.read(back)};
      });
    }
  }
});

const Registered pooling("network/pooling", [](Context& context) {
  for (const PoolWindows windows :
       {PoolWindows{2, 2, 0}, PoolWindows{3, 2, 1}, PoolWindows{3, 1, 1}, PoolWindows{2, 3, 0}}) {
    exactly(context, [&](Side& s) {
      const Shape in{2, 5, 9, 7};
      const Shape out{2, 5, windows.count(9), windows.count(7)};
      const Activation x = s.image(in), y = s.image(out), dy = s.image(out), dx = s.image(in);
      s.backend.maxPool(x, windows, y);
      s.backend.maxPoolBackward(x, windows, dy, dx);
      return Results{s.read(y), s.read(dx)};
    });
  }
});

const Registered upsampling("network/upsampling", [](Context& context) {
  for (const int factor : {2, 3, 4}) {
    for (const Shape& in : {Shape{2, 5, 4, 3}, Shape{1, 3, 1, 6}, Shape{1, 1, 1, 1}}) {
      exactly(context, [&](Side& s) {
        const Shape out{in.n, in.c, in.h * factor, in.w * factor};
        const Activation x = s.image(in), near = s.image(out), linear = s.image(out);
        const Activation dy = s.image(out), dNear = s.image(in), dLinear = s.image(in);
        s.backend.upsampleNearest(x, factor, near);
        s.backend.upsampleBilinear(x, factor, linear);
        s.backend.upsampleNearestBackward(dy, factor, dNear);
        s.backend.upsampleBilinearBackward(dy, factor, dLinear);
        return Results{s.read(near), s.read(linear), s.read(dNear), s.read(dLinear)};
      });
    }
  }
});

std::vector<double> weightsOf(const Shape& shape) {
  std::vector<double> weights;
  for (int n = 0; n < shape.n; n++) weights.push_back(0.5 + n);
  return weights;
}

const Registered losses("network/losses", [](Context& context) {
  for (const Shape& shape : {kOdd, kEven, kDot, Shape{2, 3, 40, 33}}) {
    for (const LossType type : {LossType::l1, LossType::l2, LossType::charbonnier}) {
      closely(context, [&](Side& s) {
        const Activation sr = s.image(shape), gradient = s.image(shape), target = s.image(shape);
        std::vector<float> gt(shape.elements());
        for (float& value : gt) value = static_cast<float>(s.dice.uniform());
        const std::vector<double> weights = weightsOf(shape);
        std::vector<double> first(shape.n), second(shape.n, 0.25);
        s.backend.loss({type, 1e-3f, sr, gt.data(), weights.data(), first.data(), gradient});
        const std::vector<double> ofLoss = s.read(gradient);
        s.backend.distance({type, 1e-3f, sr, target, 0.7, weights.data(), second.data(), gradient});
        s.backend.loss({type, 1e-3f, sr, gt.data(), weights.data(), first.data(), {}});
        return Results{first, second, ofLoss, s.read(gradient), {s.backend.mean(sr)}};
      });
    }
  }
});

const Registered adversarial("network/adversarial", [](Context& context) {
  for (const GanFormula formula : {GanFormula::crossEntropy, GanFormula::leastSquares}) {
    for (const bool real : {true, false}) {
      closely(context, [&](Side& s) {
        const Shape shape{3, 1, 9, 14};
        const Activation logits = s.image(shape), gradient = s.image(shape);
        const std::vector<double> weights = weightsOf(shape);
        std::vector<double> values(shape.n);
        s.backend.ganLoss({formula, real, logits, 0.3, weights.data(), values.data(), gradient});
        return Results{values, s.read(gradient)};
      });
    }
  }
});

const Registered spectral("network/spectral-norm", [](Context& context) {
  for (const bool iterates : {true, false}) {
    for (const size_t columns : {1, 27, 300}) {
      closely(context, [&](Side& s) {
        const size_t rows = 19, count = rows * columns;
        const SpectralWeight w{s.block(count), rows, columns, s.block(rows), s.block(columns)};
        float* sigma = s.block(1);
        s.backend.spectralNorm(w, iterates, sigma);
        Results results{s.read(w.weight, count), s.read(w.u, rows), s.read(w.v, columns),
                        s.read(sigma, 1)};
        const SpectralWeight gradient{s.block(count), rows, columns, w.u, w.v};
        s.backend.spectralNormBackward(w.weight, sigma, gradient);
        results.push_back(s.read(gradient.weight, count));
        return results;
      });
    }
  }
});

constexpr AdamFactors kFactors{0.9f, 0.1f, 0.99f, 0.01f, 1e-8f, 1e-3f, 0.3f, 0.999f, 0.99f, 0.01f};

const Registered adam("network/adam", [](Context& context) {
  exactly(context, [&](Side& s) {
    const size_t count = 5003;
    const AdamBlocks blocks{s.block(count), s.block(count), s.block(count), s.block(count, 0, 1),
                            s.block(count)};
    float* direction = s.block(count);
    s.backend.adam(kFactors, blocks, count);
    s.backend.adamDirection(kFactors, blocks.gradient, blocks.v, direction, count);
    return Results{s.read(blocks.weight, count), s.read(blocks.m, count), s.read(blocks.v, count),
                   s.read(blocks.ema, count), s.read(direction, count)};
  });
});

// The first of two tensors with a value that a step would make infinite, and none.
const Registered unsafe("network/unsafe", [](Context& context) {
  const std::vector<TensorRange> tensors{{0, 700}, {700, 1}, {701, 2000}, {2701, 300}};
  for (const size_t bad : {size_t{0}, size_t{700}, size_t{2500}, size_t{5000}}) {
    exactly(context, [&](Side& s) {
      const size_t count = 3001;
      const AdamBlocks blocks{s.block(count), s.block(count), s.block(count), s.block(count, 0, 1),
                              s.block(count)};
      const float infinite = 1e38f * 10;
      if (bad < count) s.backend.upload(&infinite, blocks.m + bad, 1);
      if (bad < count) s.backend.upload(&infinite, blocks.ema + count - 1, 1);
      return Results{{static_cast<double>(s.backend.firstUnsafeTensor(kFactors, blocks, tensors))}};
    });
  }
});

const Registered sums("network/sums", [](Context& context) {
  closely(context, [&](Side& s) {
    const size_t count = 70001;
    const float *a = s.block(count), *b = s.block(count);
    return Results{{s.backend.sumOfProducts(a, b, count)},
                   s.backend.squaredNorms(a, {{0, 1}, {1, 30000}, {30001, 40000}})};
  });
});

}  // namespace
}  // namespace evensr::driver
