#include "degrade/plan.h"

#include <sstream>
#include <string>

#include "error.h"

namespace evensr {
namespace {

constexpr int kStageField = 5;  // position of kernel1
constexpr int kStageFields = 13;
constexpr double kPi = 3.14159265358979323846;
constexpr double kMaxScale = 16;
constexpr double kMaxWord = 4294967295.0;
// Blur sigmas below this would overflow 1 / sigma^2 long after every tap but one has become 0.
constexpr double kMinSigma = 0.01;

class Fields {
 public:
  explicit Fields(const Recipe& recipe) : values_(reinterpret_cast<const double*>(&recipe)) {}

  double within(int field, double low, double high) const {
    const double value = values_[field];
    if (!(value >= low && value <= high)) refuse(field, range("within ", low, high));
    return value;
  }

  double positive(int field, double high) const {
    const double value = values_[field];
    if (!(value > 0 && value <= high)) refuse(field, range("above 0 and within ", 0, high));
    return value;
  }

  double integer(int field, double low, double high) const {
    const double value = values_[field];
    if (!(value >= low && value <= high) ||
        value != static_cast<double>(static_cast<int64_t>(value))) {
      refuse(field, range("an integer within ", low, high));
    }
    return value;
  }

  template <class Code>
  Code code(int field, Code last) const {
    return static_cast<Code>(static_cast<int>(integer(field, 0, static_cast<double>(last))));
  }

  int kernelSize(int field) const {
    const int size = static_cast<int>(integer(field, 3, kMaxKernelSize));
    if (size % 2 == 0) refuse(field, "odd within 3..21");
    return size;
  }

  [[noreturn]] void refuse(int field, const std::string& expected) const {
    std::ostringstream text;
    text << kRecipeFieldNames[field] << " must be " << expected << ", received " << values_[field];
    throw CodedError("E_RECIPE", text.str());
  }

 private:
  static std::string range(const char* what, double low, double high) {
    std::ostringstream text;
    text << what << low << ".." << high;
    return text.str();
  }

  const double* values_;
};

KernelParameters kernelOf(const Fields& fields, int base) {
  KernelParameters kernel{};
  kernel.type = fields.code(base, KernelType::sinc);
  if (kernel.type == KernelType::none) return kernel;
  kernel.size = fields.kernelSize(base + 1);
  if (kernel.type == KernelType::sinc) {
    kernel.omega = fields.positive(base + 6, kPi);
    return kernel;
  }
  kernel.sigmaX = fields.within(base + 2, kMinSigma, 1000);
  if (isAnisotropic(kernel.type)) {
    kernel.sigmaY = fields.within(base + 3, kMinSigma, 1000);
    kernel.theta = fields.within(base + 4, -1000, 1000);
  }
  const bool gaussian = kernel.type == KernelType::iso || kernel.type == KernelType::aniso;
  if (!gaussian) kernel.beta = fields.positive(base + 5, 64);
  return kernel;
}

// `side` x factor, truncated; a side of 0 pixels is refused.
int resizedSide(const Fields& fields, int field, double side, double factor) {
  const int resized = static_cast<int>(side * factor);
  if (resized < 1) fields.refuse(field, "large enough to leave a pixel");
  return resized;
}

StagePlan stageOf(const Fields& fields, int stage, const ImagePlan& plan) {
  const int base = kStageField + stage * kStageFields;
  StagePlan s{};
  s.kernel = kernelOf(fields, base);
  s.mode = fields.code(base + 7, ResizeMode::bicubic);
  const int scaleField = base + 8;
  const double factor = fields.positive(scaleField, kMaxScale);
  const double divisor = stage == 0 ? 1 : plan.scale;
  s.resizeScale = stage == 0 ? factor : 0;
  s.height = resizedSide(fields, scaleField, plan.gtHeight / divisor, factor);
  s.width = resizedSide(fields, scaleField, plan.gtWidth / divisor, factor);
  s.noise = fields.code(base + 9, NoiseType::poisson);
  if (s.noise != NoiseType::none) {
    s.noiseLevel = static_cast<float>(fields.within(base + 10, 0, 255));
    s.noiseGray = fields.integer(base + 11, 0, 1) == 1;
  }
  s.jpegQuality = fields.within(base + 12, 0, 100);
  return s;
}

uint32_t word(const Fields& fields, int field) {
  return static_cast<uint32_t>(fields.integer(field, 0, kMaxWord));
}

}  // namespace

ImagePlan planImage(const Recipe& recipe, int gtHeight, int gtWidth) {
  const Fields fields(recipe);
  const int final = kStageField + 2 * kStageFields;
  ImagePlan plan{};
  plan.key = {word(fields, 0), word(fields, 1)};
  plan.grayKey = {word(fields, 2), word(fields, 3)};
  plan.scale = static_cast<int>(fields.integer(4, 1, kMaxScale));
  plan.gtHeight = gtHeight;
  plan.gtWidth = gtWidth;
  plan.lqHeight = gtHeight / plan.scale;
  plan.lqWidth = gtWidth / plan.scale;
  if (plan.lqHeight < 1 || plan.lqWidth < 1) fields.refuse(4, "at most the side of gt");
  for (int stage = 0; stage < 2; stage++) plan.stages[stage] = stageOf(fields, stage, plan);
  plan.finalOrder = fields.code(final, FinalOrder::jpegThenResize);
  plan.finalMode = fields.code(final + 1, ResizeMode::bicubic);
  if (fields.integer(final + 2, 0, kMaxKernelSize) != 0) {
    plan.finalSinc.type = KernelType::sinc;
    plan.finalSinc.size = fields.kernelSize(final + 2);
    plan.finalSinc.omega = fields.positive(final + 3, kPi);
  }
  plan.jpegBackend = fields.code(final + 4, JpegBackend::libjpeg);
  return plan;
}

}  // namespace evensr
