// What differs between oneDNN 2.x and 3.x: how primitives are described.
#pragma once

#include <dnnl.hpp>

namespace evensr {

// Shapes, types and layouts of one convolution; format `any` lets oneDNN choose.
struct OnednnConvolutionShape {
  dnnl::memory::desc src, weights, bias, dst;  // bias empty: none
  dnnl::memory::dims strides, padding;
};

constexpr auto kDirectConvolution = dnnl::algorithm::convolution_direct;

#if DNNL_VERSION_MAJOR >= 3

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
