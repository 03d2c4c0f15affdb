#include "degrade/plan.h"

#include <algorithm>
#include <string>

#include "degrade/fields.h"

namespace evensr {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kMaxScale = 16;
constexpr double kMaxWord = 4294967295.0;
constexpr double kMaxStage = 8;
constexpr double kMaxSide = 1 << 15;
constexpr double kMaxArea = 1 << 28;
// Blur sigmas below this would overflow 1 / sigma^2 long after every tap but one has become 0.
constexpr double kMinSigma = 0.01;
constexpr double kMaxSigma = 1000;
constexpr double kMaxNoise = 255;

KernelParameters estimatedKernel(const Fields& fields, const DegradeBank& bank) {
  KernelParameters kernel{};
  kernel.type = KernelType::bank;
  if (bank.kernelCount == 0) fields.refuse(0, "another kernel: no estimated kernels were given");
  kernel.size = fields.integer(1, bank.kernelSize, bank.kernelSize);
  kernel.index = fields.integer(8, 0, bank.kernelCount - 1);
  return kernel;
}

KernelParameters kernelOf(const Fields& fields, const DegradeBank& bank) {
  KernelParameters kernel{};
  kernel.type = fields.code(0, KernelType::bank);
  if (kernel.type == KernelType::bank) return estimatedKernel(fields, bank);
  kernel.size = fields.odd(1, 3, kMaxKernelSize);
  if (kernel.type == KernelType::sinc) {
    kernel.omega = fields.positive(6, kPi);
    return kernel;
  }
  kernel.sigmaX = fields.within(2, kMinSigma, kMaxSigma);
  if (isAnisotropic(kernel.type)) {
    kernel.sigmaY = fields.within(3, kMinSigma, kMaxSigma);
    kernel.theta = fields.within(4, -1000, 1000);
  }
  // Its middle stays inside.
  if (kernel.type == KernelType::iso) kernel.shift = fields.within(7, 0, kernel.size / 2);
  const bool gaussian = kernel.type == KernelType::iso || kernel.type == KernelType::aniso;
  if (!gaussian) kernel.beta = fields.positive(5, 64);
  return kernel;
}

// A side after a resize, truncated; refused when no pixel is left or too many are.
int resizedSide(const Fields& fields, double side) {
  if (side < 1) fields.refuse(2, "large enough to leave a pixel");
  if (side > kMaxSide) fields.refuse(2, rangeText("small enough for a side within ", 1, kMaxSide));
  return static_cast<int>(side);
}

void planResize(const Fields& fields, const ImagePlan& plan, OperationPlan& operation) {
  operation.mode = fields.code(0, ResizeMode::decimate);
  const bool ofInput = fields.code(1, SizeOf::lq) == SizeOf::input;
  const double factor = fields.positive(2, kMaxScale);
  if (operation.mode == ResizeMode::decimate && factor > 1) fields.refuse(2, "at most 1");
  const double scale = plan.scale;
  const double height = ofInput ? operation.height : plan.gtHeight / scale;
  const double width = ofInput ? operation.width : plan.gtWidth / scale;
  operation.resizeScale = ofInput ? factor : 0;
  operation.height = resizedSide(fields, height * factor);
  operation.width = resizedSide(fields, width * factor);
  if (static_cast<double>(operation.height) * operation.width > kMaxArea) {
    fields.refuse(2, "small enough for 2^28 pixels");
  }
}

NoiseParameters noiseOf(const Fields& fields) {
  NoiseParameters noise{};
  noise.type = fields.code(0, NoiseType::poisson);
  noise.level = static_cast<float>(fields.within(1, 0, kMaxNoise));
  noise.channels = fields.code(2, NoiseChannels::correlated);
  if (noise.channels == NoiseChannels::correlated) {
    if (noise.type == NoiseType::poisson) fields.refuse(2, "colour or gray for Poisson noise");
    for (int i = 0; i < 6; i++) noise.mix[i] = static_cast<float>(fields.within(3 + i, -16, 16));
  }
  if (noise.type == NoiseType::poisson) {
    noise.vals = fields.within(9, 0, 65536);
    if (noise.vals > 0 && noise.vals < 1) fields.refuse(9, "0, or within 1..65536");
  }
  return noise;
}

IspParameters ispOf(const Fields& fields, const OperationPlan& at) {
  if (at.height < 2 || at.width < 2) {
    fields.refuse(0, "left out: a sensor of less than 2 x 2 pixels sees no blue");
  }
  IspParameters isp{};
  isp.gain = fields.within(0, 0.1, 10);
  isp.red = fields.within(1, 0.1, 10);
  isp.blue = fields.within(2, 0.1, 10);
  double sum = 0;
  for (int i = 0; i < 4; i++) sum += isp.weights[i] = fields.within(3 + i, 0, 1);
  if (!(sum > 0)) fields.refuse(3, "above 0 in at least one of the four weights");
  isp.shot = fields.within(7, 0, 1);
  isp.read = fields.within(8, 0, 1);
  return isp;
}

InjectParameters injectOf(const Fields& fields, const OperationPlan& at, const DegradeBank& bank) {
  if (bank.patches.empty()) fields.refuse(0, "left out: no noise bank was given");
  InjectParameters inject{};
  inject.patch = fields.integer(0, 0, static_cast<int>(bank.patches.size()) - 1);
  if (at.height > bank.patchSize || at.width > bank.patchSize) {
    fields.refuse(0, "left out: the image is larger than a patch of the noise bank, " +
                         std::to_string(bank.patchSize));
  }
  inject.top = fields.integer(1, 0, bank.patchSize - at.height);
  inject.left = fields.integer(2, 0, bank.patchSize - at.width);
  return inject;
}

JpegParameters jpegOf(const Fields& fields) {
  JpegParameters jpeg{};
  jpeg.quality = fields.positive(0, 100);
  jpeg.backend = fields.code(1, JpegBackend::libjpeg);
  jpeg.subsampling = fields.code(2, Subsampling::yuv444);
  if (jpeg.backend == JpegBackend::diffjpeg && jpeg.subsampling != Subsampling::yuv420) {
    fields.refuse(2, "4:2:0 for DiffJPEG");
  }
  return jpeg;
}

// `operation` comes with the size of the image before it.
void planOperation(const Fields& fields, const ImagePlan& plan, const DegradeBank& bank,
                   OperationPlan& operation) {
  switch (operation.type) {
    case OperationType::blur:
      operation.kernel = kernelOf(fields, bank);
      break;
    case OperationType::resize:
      planResize(fields, plan, operation);
      break;
    case OperationType::noise:
      operation.noise = noiseOf(fields);
      break;
    case OperationType::isp:
      operation.isp = ispOf(fields, operation);
      break;
    case OperationType::inject:
      operation.inject = injectOf(fields, operation, bank);
      break;
    case OperationType::jpeg:
      operation.jpeg = jpegOf(fields);
      break;
    case OperationType::clamp:
      break;
  }
}

// Random numbers are counted by type and stage: two such operations would repeat each other's.
void requireOwnNumbers(const ImagePlan& plan) {
  for (int i = 0; i < plan.count; i++) {
    const OperationPlan& a = plan.operations[i];
    if (a.type != OperationType::noise && a.type != OperationType::isp) continue;
    for (int j = 0; j < i; j++) {
      const OperationPlan& b = plan.operations[j];
      if (a.type != b.type || a.stage != b.stage) continue;
      if (a.type == OperationType::noise && a.noise.type != b.noise.type) continue;
      throw CodedError("E_RECIPE",
                       "operation " + std::to_string(i + 1) +
                           ", stage must differ from that of operation " + std::to_string(j + 1) +
                           ": noise of one type and stage would repeat its random numbers");
    }
  }
}

uint32_t word(int field, double value) {
  return static_cast<uint32_t>(integerWithin(kRecipeHeaderNames[field], value, 0, kMaxWord));
}

ImagePlan planHeader(const Recipe& recipe, int gtHeight, int gtWidth) {
  ImagePlan plan{};
  plan.key = {word(0, recipe.seedLo), word(1, recipe.seedHi)};
  plan.grayKey = {word(2, recipe.graySeedLo), word(3, recipe.graySeedHi)};
  plan.scale = static_cast<int>(integerWithin("scale", recipe.scale, 1, kMaxScale));
  plan.gtHeight = gtHeight;
  plan.gtWidth = gtWidth;
  plan.lqHeight = gtHeight / plan.scale;
  plan.lqWidth = gtWidth / plan.scale;
  if (plan.lqHeight < 1 || plan.lqWidth < 1) {
    refuseField("scale", recipe.scale, "at most the side of gt");
  }
  plan.count = static_cast<int>(integerWithin("operations", recipe.operations, 0, kMaxOperations));
  return plan;
}

void planOperations(const Recipe& recipe, const DegradeBank& bank, ImagePlan& plan) {
  int height = plan.gtHeight, width = plan.gtWidth;
  for (int i = 0; i < plan.count; i++) {
    const OperationRecord& record = recipe.records[i];
    const std::string prefix = "operation " + std::to_string(i + 1);
    OperationPlan& operation = plan.operations[i];
    operation.type = static_cast<OperationType>(
        static_cast<int>(integerWithin(prefix + ", code", record.code, 0, kOperationTypes - 1)));
    operation.stage =
        static_cast<int>(integerWithin(prefix + ", stage", record.stage, 1, kMaxStage)) - 1;
    operation.height = height;
    operation.width = width;
    planOperation({record, kOperationLayouts[static_cast<int>(operation.type)], i}, plan, bank,
                  operation);
    height = operation.height;
    width = operation.width;
  }
  requireOwnNumbers(plan);
}

struct Size {
  int height, width;
};

Size lastSize(const ImagePlan& plan) {
  if (plan.count == 0) return {plan.gtHeight, plan.gtWidth};
  const OperationPlan& last = plan.operations[plan.count - 1];
  return {last.height, last.width};
}

std::string text(Size size) {
  return std::to_string(size.height) + " x " + std::to_string(size.width);
}

}  // namespace

ImagePlan planImage(const Recipe& recipe, int gtHeight, int gtWidth, const DegradeBank& bank) {
  ImagePlan plan = planHeader(recipe, gtHeight, gtWidth);
  planOperations(recipe, bank, plan);
  const Size last = lastSize(plan);
  if (last.height != plan.lqHeight || last.width != plan.lqWidth) {
    throw CodedError("E_RECIPE", "operations must end at the lq size " +
                                     text({plan.lqHeight, plan.lqWidth}) + ", they end at " +
                                     text(last));
  }
  return plan;
}

ImagePlan planSteps(const Recipe& recipe, int gtHeight, int gtWidth, const DegradeBank& bank,
                    int steps) {
  ImagePlan plan = planHeader(recipe, gtHeight, gtWidth);
  plan.count = std::min(plan.count, steps);
  planOperations(recipe, bank, plan);
  const Size last = lastSize(plan);
  plan.lqHeight = last.height;
  plan.lqWidth = last.width;
  return plan;
}

}  // namespace evensr
