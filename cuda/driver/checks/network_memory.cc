// Memory of the device, and the way of values to it and back.
#include "check.h"
#include "error.h"
#include "twins.h"

namespace evensr::driver {
namespace {

const Registered memory("network/memory", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  NetworkBackend& device = backends[kDevice];
  // Short ones, and one longer than what is sent at once.
  for (const size_t count : {size_t{1}, size_t{1000}, size_t{2'500'000}}) {
    std::vector<float> sent = someValues(dice, count), received(count);
    const auto a = device.allocate(count * sizeof(float));
    const auto b = device.allocate(count * sizeof(float));
    device.upload(sent.data(), static_cast<float*>(a->data()), count);
    const std::vector<float> kept = sent;
    sent.assign(count, 0.0f);  // the caller's again
    device.copy(static_cast<float*>(a->data()), static_cast<float*>(b->data()), count);
    device.download(static_cast<float*>(b->data()), received.data(), count);
    requireLike(kept, received, kSameBits, std::to_string(count) + " values there and back");
  }
});

const Registered planar("network/planar", [](Context& context) {
  Dice dice(context.seed);
  const Backends backends(context);
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{3, 3, 17, 19}, Shape{2, 33, 5, 7},
                             Shape{1, 64, 16, 16}, Shape{2, 2, 9, 31}, Shape{1, 130, 3, 50}}) {
    const Twin x(backends, dice, shape);
    x.requireSame(kSameBits, textOf(shape));
    std::vector<float> floats(shape.elements()), expected(floats.size());
    backends.both([&](NetworkBackend& backend, Side side) {
      backend.download(static_cast<float*>(x[side].data), (side == kCpu ? expected : floats).data(),
                       floats.size());
    });
    requireLike(expected, floats, kSameBits, "NHWC of " + textOf(shape));
  }
});

const Registered exhausted("network/out of memory", [](Context& context) {
  const Backends backends(context);
  const size_t wanted = size_t{1} << 50;
  try {
    backends[kDevice].allocate(wanted);
    throw Failed() << "a petabyte was allocated";
  } catch (const CodedError& error) {
    const std::string text = error.what();
    if (error.code() != "E_MEMORY" || text.find("1073741824 MiB") == std::string::npos ||
        text.find("free") == std::string::npos) {
      throw Failed() << "wrong error: " << error.code() << ": " << text;
    }
  }
  // What failed must not be reported again by the next kernel.
  Dice dice(context.seed);
  const Twin x(backends, dice, {1, 4, 3, 3});
  backends.both([&](NetworkBackend& backend, Side side) { backend.scale(x[side], 2, x[side]); });
  x.requireSame(kSameBits, "a kernel after memory was exhausted");
});

}  // namespace
}  // namespace evensr::driver
