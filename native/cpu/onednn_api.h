// What differs between oneDNN 2.x and 3.x: how primitives are described.
#pragma once

#include <dnnl.hpp>
#include <string>

#include "error.h"

namespace evensr {

// Shapes, types and layouts of one convolution; format `any` lets oneDNN choose.
struct OnednnConvolutionShape {
  dnnl::memory::desc src, weights, bias, dst;  // bias empty: none
  dnnl::memory::dims strides, padding;
};

constexpr auto kDirectConvolution = dnnl::algorithm::convolution_direct;

#if DNNL_VERSION_MAJOR >= 3

// oneDNN 3.7.2 adds up wrong channels of an NHWC tensor when the channels that are summed over end
// within a vector of its jit:avx512 (16 floats) or jit:avx2 (8) implementation; seen in forward
// from more than one vector on, in backward data always. Those are passed over for the next one.
template <class PrimitiveDesc>
void skipFaulty(PrimitiveDesc& desc, int summedChannels, bool oneVectorIsRight) {
  const auto endsWithin = [&](int lanes) {
    return summedChannels % lanes != 0 && !(oneVectorIsRight && summedChannels < lanes);
  };
  const auto isFaulty = [&](const std::string& name) {
    if (name.find("jit:avx512") != std::string::npos) return endsWithin(16);
    return name.find("jit:avx2") != std::string::npos && endsWithin(8);
  };
  while (isFaulty(desc.impl_info_str())) {
    if (!desc.next_impl()) throw CodedError("E_ONEDNN", "no implementation fits this convolution");
  }
}

inline void skipFaultyForward(dnnl::convolution_forward::primitive_desc& desc, int inChannels) {
  skipFaulty(desc, inChannels, true);
}

inline void skipFaultyBackwardData(dnnl::convolution_backward_data::primitive_desc& desc,
                                   int outChannels) {
  skipFaulty(desc, outChannels, false);
}

inline void appendRelu(dnnl::post_ops& ops, float slope) {
  ops.append_eltwise(dnnl::algorithm::eltwise_relu, slope, 0.0f);
}

inline dnnl::convolution_forward::primitive_desc forwardDesc(const dnnl::engine& engine,
                                                             const OnednnConvolutionShape& s,
                                                             const dnnl::primitive_attr& attr) {
  return {engine,
          dnnl::prop_kind::forward_training,
          kDirectConvolution,
          s.src,
          s.weights,
          s.bias,
          s.dst,
          s.strides,
          s.padding,
          s.padding,
          attr};
}

inline dnnl::convolution_backward_data::primitive_desc backwardDataDesc(
    const dnnl::engine& engine, const OnednnConvolutionShape& s, const dnnl::primitive_attr& attr,
    const dnnl::convolution_forward::primitive_desc& forward) {
  return {engine,    kDirectConvolution, s.src,     s.weights, s.dst,
          s.strides, s.padding,          s.padding, forward,   attr};
}

inline dnnl::convolution_backward_weights::primitive_desc backwardWeightsDesc(
    const dnnl::engine& engine, const OnednnConvolutionShape& s, const dnnl::primitive_attr& attr,
    const dnnl::convolution_forward::primitive_desc& forward) {
  return {engine,    kDirectConvolution, s.src,     s.weights, s.bias, s.dst,
          s.strides, s.padding,          s.padding, forward,   attr};
}

#else

inline void skipFaultyForward(dnnl::convolution_forward::primitive_desc&, int) {}
inline void skipFaultyBackwardData(dnnl::convolution_backward_data::primitive_desc&, int) {}

inline void appendRelu(dnnl::post_ops& ops, float slope) {
  ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, slope, 0.0f);
}

inline dnnl::convolution_forward::primitive_desc forwardDesc(const dnnl::engine& engine,
                                                             const OnednnConvolutionShape& s,
                                                             const dnnl::primitive_attr& attr) {
  return {{dnnl::prop_kind::forward_training, kDirectConvolution, s.src, s.weights, s.bias, s.dst,
           s.strides, s.padding, s.padding},
          attr,
          engine};
}

inline dnnl::convolution_backward_data::primitive_desc backwardDataDesc(
    const dnnl::engine& engine, const OnednnConvolutionShape& s, const dnnl::primitive_attr& attr,
    const dnnl::convolution_forward::primitive_desc& forward) {
  return {{kDirectConvolution, s.src, s.weights, s.dst, s.strides, s.padding, s.padding},
          attr,
          engine,
          forward};
}

inline dnnl::convolution_backward_weights::primitive_desc backwardWeightsDesc(
    const dnnl::engine& engine, const OnednnConvolutionShape& s, const dnnl::primitive_attr& attr,
    const dnnl::convolution_forward::primitive_desc& forward) {
  return {{kDirectConvolution, s.src, s.weights, s.bias, s.dst, s.strides, s.padding, s.padding},
          attr,
          engine,
          forward};
}

#endif

}  // namespace evensr
