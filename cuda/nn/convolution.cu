#include "nn/convolution.h"

namespace evensr::cuda {

std::unique_ptr<Convolution> makeConvolution(ConvolutionContext& context,
                                             const ConvolutionConfig& config, Precision precision) {
  const bool fits = config.kernel == 3 && config.stride == 1 && config.padding == 1;
  return fits && precision == Precision::bfloat16 ? tensorConvolution(context, config)
                                                  : plainConvolution(context, config);
}

}  // namespace evensr::cuda
