// The optimizer: steps have the CPU's bits, sums nearly.
#include <cmath>
#include <limits>

#include "check.h"
#include "twins.h"

namespace evensr::driver {
namespace {

constexpr AdamFactors kFactors{0.9f, 0.1f, 0.99f, 0.01f, 1e-8f, 0.01f, 0.1f, 0.9995f, 0.99f, 0.01f};

// Tensors of odd sizes, one of them longer than a block of threads sums at once.
std::vector<TensorRange> someTensors() {
  std::vector<TensorRange> tensors;
  size_t offset = 0;
  for (const size_t count : {size_t{3}, size_t{1}, size_t{432}, size_t{20'001}, size_t{64}}) {
    tensors.push_back({offset, count});
    offset += count;
  }
  return tensors;
}

size_t countOf(const std::vector<TensorRange>& tensors) {
  return tensors.back().offset + tensors.back().count;
}

// The blocks of an optimizer step; no second moment is below 0.
struct Blocks {
  TwinBlock gradient, weight, m, v, ema;
  Blocks(const Backends& backends, Dice& dice, size_t count)
      : gradient(backends, dice, count),
        weight(backends, dice, count),
        m(backends, dice, count),
        v(backends, squares(dice, count)),
        ema(backends, dice, count) {}
  AdamBlocks operator[](Side side) const {
    return {gradient[side], weight[side], m[side], v[side], ema[side]};
  }

 private:
  static std::vector<float> squares(Dice& dice, size_t count) {
    std::vector<float> values = someValues(dice, count);
    for (float& value : values) value *= value;
    return values;
  }
};

const Registered adam("network/adam", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const size_t count : {size_t{1}, size_t{5}, size_t{1024}, size_t{20'003}}) {
    const Blocks blocks(backends, dice, count);
    const TwinBlock direction(backends, dice, count);
    backends.both([&](NetworkBackend& backend, Side side) {
      backend.adam(kFactors, blocks[side], count);
      backend.adamDirection(kFactors, blocks.gradient[side], blocks.v[side], direction[side],
                            count);
    });
    const std::string what = std::to_string(count) + " parameters";
    for (const TwinBlock* block : {&blocks.weight, &blocks.m, &blocks.v, &blocks.ema}) {
      block->requireSame(kSameBits, what);
    }
    direction.requireSame(kSameBits, "direction of " + what);
  }
});

const Registered norms("network/norms and products", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  const std::vector<TensorRange> tensors = someTensors();
  const TwinBlock a(backends, dice, countOf(tensors)), b(backends, dice, countOf(tensors));
  std::vector<double> values[2];
  backends.both([&](NetworkBackend& backend, Side side) {
    values[side] = backend.squaredNorms(a[side], tensors);
    for (const size_t count : {size_t{1}, size_t{1000}, countOf(tensors)}) {
      values[side].push_back(backend.sumOfProducts(a[side], b[side], count));
    }
    // Other tensors of the same block.
    for (const double norm : backend.squaredNorms(a[side], {{5, 100}}))
      values[side].push_back(norm);
  });
  requireLike(values[kCpu], values[kDevice], {1e-12}, "norms and products");

  std::vector<float> bad = someValues(dice, countOf(tensors));
  bad[tensors[3].offset + 12'345] = std::numeric_limits<float>::infinity();
  bad[tensors[4].offset] = std::numeric_limits<float>::quiet_NaN();
  const TwinBlock block(backends, bad);
  const std::vector<double> found = backends[kDevice].squaredNorms(block[kDevice], tensors);
  for (size_t i = 0; i < tensors.size(); i++) {
    if (std::isfinite(found[i]) != (i < 3)) {
      throw Failed() << "the norm of tensor " << i << " is " << found[i];
    }
  }
});

const Registered unsafe("network/unsafe tensors", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  const std::vector<TensorRange> tensors = someTensors();
  const auto find = [&](const Blocks& blocks, int expected) {
    backends.both([&](NetworkBackend& backend, Side side) {
      const int found = backend.firstUnsafeTensor(kFactors, blocks[side], tensors);
      if (found != expected) throw Failed() << "tensor " << found << ", expected " << expected;
    });
  };
  const Blocks blocks(backends, dice, countOf(tensors));
  const std::vector<float> before = blocks.weight.values(kDevice);
  find(blocks, -1);
  // Later tensors first: the earliest counts. The square of 3e38 is beyond float32.
  const float huge = 3e38f;
  for (const int tensor : {4, 3, 1}) {
    const size_t last = tensors[tensor].offset + tensors[tensor].count - 1;
    const TwinBlock& block = tensor == 3 ? blocks.ema : blocks.gradient;
    const float value = tensor == 3 ? -std::numeric_limits<float>::infinity() : huge;
    backends.both(
        [&](NetworkBackend& backend, Side side) { backend.upload(&value, block[side] + last, 1); });
    find(blocks, tensor);
  }
  requireLike(before, blocks.weight.values(kDevice), kSameBits, "weights after a look at them");
});

}  // namespace
}  // namespace evensr::driver
