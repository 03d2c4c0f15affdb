#include "cpu/conv_onednn.h"

#include <cstring>
#include <new>
#include <unordered_map>

#include "cpu/elementwise.h"
#include "cpu/onednn_api.h"
#include "error.h"

namespace evensr {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
constexpr auto kFloat = memory::data_type::f32;

memory::desc activationDesc(const Shape& s) { return {{s.n, s.c, s.h, s.w}, kFloat, Tag::nhwc}; }

// A memory object whose data is set before each use.
memory handleOf(const memory::desc& desc, const dnnl::engine& engine) {
  return memory(desc, engine, DNNL_MEMORY_NONE);
}

// Memory arguments point to data that the library only reads for inputs.
void point(memory& argument, const void* data) {
  argument.set_data_handle(const_cast<void*>(data));
}

// A primitive with its arguments, made once and executed many times.
class Call {
 public:
  Call() = default;
  template <class Primitive, class Desc>
  Call(OnednnContext& context, const Primitive& primitive, const Desc& desc,
       std::unordered_map<int, memory> arguments)
      : context_(&context), primitive_(primitive), arguments_(std::move(arguments)) {
    const memory::desc scratchpad = desc.scratchpad_desc();
    if (scratchpad.get_size() > context.scratchpad.size()) {
      context.scratchpad = AlignedArray<char>(scratchpad.get_size());
    }
    arguments_.emplace(DNNL_ARG_SCRATCHPAD, handleOf(scratchpad, context.engine));
  }

  void point(int argument, const void* data) { evensr::point(arguments_.at(argument), data); }

  void execute() {
    // The buffer may have been replaced by a larger one since the last call.
    point(DNNL_ARG_SCRATCHPAD, context_->scratchpad.data());
    primitive_.execute(context_->stream, arguments_);
    context_->stream.wait();
  }

 private:
  OnednnContext* context_ = nullptr;
  dnnl::primitive primitive_;
  std::unordered_map<int, memory> arguments_;
};

class OnednnConvolution : public Convolution {
 public:
  OnednnConvolution(OnednnContext& context, const ConvolutionConfig& config);
  void setWeights(const float* weight, const float* bias) override;
  void forward(const Activation& x, const Activation& addend, const Activation& y) override;
  void backwardData(const Activation& dy, const Activation& addend, const Activation& dx) override;
  void backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                       float* dBias) override;

 private:
  Activation scratch(const Shape& shape);
  Call reorder(const memory& from, const memory& to);
  void prepareForward(const OnednnConvolutionShape& shape, const ConvolutionConfig& config);
  void prepareBackward(const OnednnConvolutionShape& shape, const ConvolutionConfig& config);
  void prepareWeightGradient(const OnednnConvolutionShape& shape,
                             const dnnl::convolution_forward::primitive_desc& hint);

  OnednnContext& context_;
  dnnl::primitive_attr plain_;
  memory::desc plainWeights_;
  memory bias_;
  Call packForward_, forward_;
  Call packBackward_, backwardData_;
  Call backwardWeights_, unpackGradient_;
  bool hasBias_ = false, hasBackwardData_ = false;
  const int outChannels_;
  const size_t weightCount_;
  const float outputScale_;
};

OnednnConvolution::OnednnConvolution(OnednnContext& context, const ConvolutionConfig& config)
    : context_(context),
      hasBias_(config.bias),
      outChannels_(config.outChannels),
      weightCount_(static_cast<size_t>(config.outChannels) * config.input.c * config.kernel *
                   config.kernel),
      outputScale_(config.outputScale) {
  const int in = config.input.c, out = config.outChannels, k = config.kernel;
  plain_.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  plainWeights_ = memory::desc({out, in, k, k}, kFloat, Tag::oihw);

  OnednnConvolutionShape shape;
  shape.src = activationDesc(config.input);
  shape.weights = memory::desc({out, in, k, k}, kFloat, Tag::any);
  if (config.bias) shape.bias = memory::desc({out}, kFloat, Tag::x);
  shape.dst = activationDesc(config.output());
  shape.strides = {config.stride, config.stride};
  shape.padding = {config.padding, config.padding};
  prepareForward(shape, config);
  if (config.weightGradient || config.inputGradient) prepareBackward(shape, config);
}

void OnednnConvolution::prepareForward(const OnednnConvolutionShape& shape,
                                       const ConvolutionConfig& config) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (config.activationSlope) {
    dnnl::post_ops ops;
    appendRelu(ops, *config.activationSlope);
    attr.set_post_ops(ops);
  }
  auto desc = forwardDesc(context_.engine, shape, attr);
  skipFaultyForward(desc, config.input.c);
  const memory packed(desc.weights_desc(), context_.engine);
  packForward_ = reorder(handleOf(plainWeights_, context_.engine), packed);
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, handleOf(shape.src, context_.engine)},
      {DNNL_ARG_WEIGHTS, packed},
      {DNNL_ARG_DST, handleOf(shape.dst, context_.engine)},
  };
  if (hasBias_) {
    bias_ = memory(shape.bias, context_.engine);
    arguments.emplace(DNNL_ARG_BIAS, bias_);
  }
  forward_ = Call(context_, dnnl::convolution_forward(desc), desc, std::move(arguments));
}

void OnednnConvolution::prepareBackward(const OnednnConvolutionShape& shape,
                                        const ConvolutionConfig& config) {
  // The hint must be a plain convolution: gradients are those before the activation.
  const auto hint = forwardDesc(context_.engine, shape, plain_);
  if (config.weightGradient) prepareWeightGradient(shape, hint);
  hasBackwardData_ = config.inputGradient;
  if (!hasBackwardData_) return;
  auto dataDesc = backwardDataDesc(context_.engine, shape, plain_, hint);
  skipFaultyBackwardData(dataDesc, config.outChannels);
  const memory packed(dataDesc.weights_desc(), context_.engine);
  packBackward_ = reorder(handleOf(plainWeights_, context_.engine), packed);
  backwardData_ = Call(context_, dnnl::convolution_backward_data(dataDesc), dataDesc,
                       {{DNNL_ARG_DIFF_DST, handleOf(shape.dst, context_.engine)},
                        {DNNL_ARG_WEIGHTS, packed},
                        {DNNL_ARG_DIFF_SRC, handleOf(shape.src, context_.engine)}});
}

void OnednnConvolution::prepareWeightGradient(
    const OnednnConvolutionShape& shape, const dnnl::convolution_forward::primitive_desc& hint) {
  const memory src = handleOf(shape.src, context_.engine);
  const memory dst = handleOf(shape.dst, context_.engine);
  const auto weightsDesc = backwardWeightsDesc(context_.engine, shape, plain_, hint);
  const memory gradient(weightsDesc.diff_weights_desc(), context_.engine);
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, src}, {DNNL_ARG_DIFF_DST, dst}, {DNNL_ARG_DIFF_WEIGHTS, gradient}};
  if (hasBias_) arguments.emplace(DNNL_ARG_DIFF_BIAS, handleOf(shape.bias, context_.engine));
  backwardWeights_ = Call(context_, dnnl::convolution_backward_weights(weightsDesc), weightsDesc,
                          std::move(arguments));
  unpackGradient_ = reorder(gradient, handleOf(plainWeights_, context_.engine));
}

Call OnednnConvolution::reorder(const memory& from, const memory& to) {
  const dnnl::reorder::primitive_desc desc(context_.engine, from.get_desc(), context_.engine,
                                           to.get_desc(), plain_);
  return {context_, dnnl::reorder(desc), desc, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}};
}

void OnednnConvolution::setWeights(const float* weight, const float* bias) {
  packForward_.point(DNNL_ARG_FROM, weight);
  packForward_.execute();
  if (hasBackwardData_) {
    packBackward_.point(DNNL_ARG_FROM, weight);
    packBackward_.execute();
  }
  if (hasBias_) std::memcpy(bias_.get_data_handle(), bias, bias_.get_desc().get_size());
}

void OnednnConvolution::forward(const Activation& x, const Activation& addend,
                                const Activation& y) {
  const bool direct = !addend.data && !y.isSlice();
  const Activation result = direct ? y : scratch(y.shape);
  forward_.point(DNNL_ARG_SRC, dense(x, context_.copy).data);
  forward_.point(DNNL_ARG_DST, result.data);
  forward_.execute();
  if (direct) return;
  if (addend.data) {
    addScaled(addend, result, outputScale_, y);
  } else {
    scaleBy(result, 1, y);
  }
}

void OnednnConvolution::backwardData(const Activation& dy, const Activation& addend,
                                     const Activation& dx) {
  const bool direct = !addend.data && !dx.isSlice() && outputScale_ == 1;
  const Activation result = direct ? dx : scratch(dx.shape);
  backwardData_.point(DNNL_ARG_DIFF_DST, dense(dy, context_.copy).data);
  backwardData_.point(DNNL_ARG_DIFF_SRC, result.data);
  backwardData_.execute();
  if (direct) return;
  if (addend.data) {
    addScaled(addend, result, outputScale_, dx);
  } else {
    scaleBy(result, outputScale_, dx);
  }
}

void OnednnConvolution::backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                                        float* dBias) {
  backwardWeights_.point(DNNL_ARG_SRC, dense(x, context_.copy).data);
  backwardWeights_.point(DNNL_ARG_DIFF_DST, dense(dy, context_.otherCopy).data);
  if (hasBias_) backwardWeights_.point(DNNL_ARG_DIFF_BIAS, dBias);
  backwardWeights_.execute();
  unpackGradient_.point(DNNL_ARG_TO, dWeight);
  unpackGradient_.execute();
  if (outputScale_ == 1) return;
  for (size_t i = 0; i < weightCount_; i++) dWeight[i] *= outputScale_;
  for (int c = 0; hasBias_ && c < outChannels_; c++) dBias[c] *= outputScale_;
}

// Memory for a result that goes elsewhere.
Activation OnednnConvolution::scratch(const Shape& shape) {
  if (context_.result.size() < shape.elements()) context_.result = FloatArray(shape.elements());
  return {shape, context_.result.data()};
}

}  // namespace

std::unique_ptr<Convolution> onednnConvolution(OnednnContext& context,
                                               const ConvolutionConfig& config) {
  try {
    return std::make_unique<OnednnConvolution>(context, config);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    throw CodedError("E_ONEDNN", std::string("oneDNN: ") + error.what());
  }
}

}  // namespace evensr
