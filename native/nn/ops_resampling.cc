#include "nn/ops_resampling.h"

#include "nn/op_checks.h"

namespace evensr {

namespace {

int factorOf(const NodeInfo& node) { return node.integerAttribute("factor", 1, 16); }

}  // namespace

Op pixelShuffle() {
  Op op;
  op.name = "pixelShuffle";
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    expectParameters(node, 0, 0);
    const int factor = factorOf(node);
    const Shape& x = inputs[0];
    if (x.c % (factor * factor) != 0) invalid(node, "the channels do not fill the pixels");
    return Shape{x.n, x.c / (factor * factor), x.h * factor, x.w * factor};
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.pixelShuffle(call.in[0], factorOf(*call.info), call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.pixelUnshuffle(call.dOut, factorOf(*call.info), call.dIn[0]);
  };
  return op;
}

Op pixelUnshuffle() {
  Op op;
  op.name = "pixelUnshuffle";
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    expectParameters(node, 0, 0);
    const int factor = factorOf(node);
    const Shape& x = inputs[0];
    if (x.h % factor != 0 || x.w % factor != 0) {
      invalid(node, "height and width must be multiples of " + std::to_string(factor) + ", not " +
                        std::to_string(x.h) + " and " + std::to_string(x.w));
    }
    return Shape{x.n, x.c * factor * factor, x.h / factor, x.w / factor};
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.pixelUnshuffle(call.in[0], factorOf(*call.info), call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.pixelShuffle(call.dOut, factorOf(*call.info), call.dIn[0]);
  };
  return op;
}

namespace {

PoolWindows windowsOf(const NodeInfo& node) {
  PoolWindows windows;
  windows.size = node.integerAttribute("size", 1, 16);
  windows.stride = node.integerAttribute("stride", 1, 16);
  windows.padding = node.integerAttribute("padding", 0, windows.size - 1);
  return windows;
}

}  // namespace

Op maxPool() {
  Op op;
  op.name = "maxPool";
  op.backwardReadsInput = true;
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    expectParameters(node, 0, 0);
    const Shape& x = inputs[0];
    const PoolWindows windows = windowsOf(node);
    const int least = windows.size - 2 * windows.padding;
    if (x.h < least || x.w < least) invalid(node, "the input is too small");
    return Shape{x.n, x.c, windows.count(x.h), windows.count(x.w)};
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.maxPool(call.in[0], windowsOf(*call.info), call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    backend.maxPoolBackward(call.in[0], windowsOf(*call.info), call.dOut, call.dIn[0]);
  };
  return op;
}

namespace {

using Resampling = void (NetworkBackend::*)(const Activation&, int, const Activation&);

template <Resampling forward, Resampling backward>
Op upsample(const char* name) {
  Op op;
  op.name = name;
  op.inferShape = [](const NodeInfo& node, const std::vector<Shape>& inputs) {
    expectParameters(node, 0, 0);
    const int factor = factorOf(node);
    const Shape& x = inputs[0];
    return Shape{x.n, x.c, x.h * factor, x.w * factor};
  };
  op.forward = [](NetworkBackend& backend, const NodeCall& call) {
    (backend.*forward)(call.in[0], factorOf(*call.info), call.out);
  };
  op.backward = [](NetworkBackend& backend, const NodeCall& call) {
    (backend.*backward)(call.dOut, factorOf(*call.info), call.dIn[0]);
  };
  return op;
}

}  // namespace

Op upsampleNearest() {
  return upsample<&NetworkBackend::upsampleNearest, &NetworkBackend::upsampleNearestBackward>(
      "upsampleNearest");
}

Op upsampleBilinear() {
  return upsample<&NetworkBackend::upsampleBilinear, &NetworkBackend::upsampleBilinearBackward>(
      "upsampleBilinear");
}

}  // namespace evensr
