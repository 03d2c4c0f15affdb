// The operators of networks on one device: NHWC float32 activations, everything queued on one
// stream. The host waits only where a method returns values to it.
#pragma once

#include <memory>
#include <vector>

#include "nn/convolution.h"
#include "nn/scratch.h"
#include "nn/transfer.h"

namespace evensr::cuda {

// The tensors of a flat block in pieces, one for each block of threads; kept for the next step.
struct OptimizerChunks {
  std::vector<TensorRange> tensors;
  unsigned count = 0;
  DeviceBuffer chunks;  // Chunk (count)
  DeviceBuffer firsts;  // unsigned (tensors + 1): each tensor's first chunk, and the end
};

class CudaNetworkBackend final : public NetworkBackend {
 public:
  CudaNetworkBackend(int device, Precision precision);

  void makeCurrent() override { sharedStream_->makeCurrent(); }
  // Throws E_MEMORY, which names the bytes that are needed and that are free.
  std::unique_ptr<DeviceMemory> allocate(size_t bytes) override;
  void upload(const float* host, float* device, size_t count) override;
  void download(const float* device, float* host, size_t count) override;
  void copy(const float* from, float* to, size_t count) override;
  size_t activationBytes(const Shape& shape) const override;
  size_t channelOffset(int channel) const override { return channel * sizeof(float); }
  void fromPlanar(const float* planar, const Activation& x) override;
  void toPlanar(const Activation& x, float* planar) override;

  std::unique_ptr<Convolution> convolution(const ConvolutionConfig& config) override;

  void prelu(const Activation& x, const float* slope, const Activation& y) override;
  void preluBackward(const Activation& x, const float* slope, const Activation& dy,
                     const Activation& dx, float* dSlope) override;
  void leakyRelu(const Activation& x, float slope, const Activation& y) override;
  void leakyReluBackward(const Activation& y, float slope, const Activation& dy,
                         const Activation& dx) override;
  void add(const Activation& a, const Activation& b, float scale, const Activation& y) override;
  void affine(const Activation& x, const double* scale, const double* shift,
              const Activation& y) override;
  void concat(const std::vector<Activation>& parts, const Activation& y) override;
  void split(const Activation& y, const std::vector<Activation>& parts) override;
  void scale(const Activation& x, float scale, const Activation& y) override;
  void globalStatistics(const Activation& x, const Activation& y) override;
  void globalStatisticsBackward(const Activation& x, const Activation& y, const Activation& dy,
                                const Activation& dx) override;
  void modulate(const Activation& x, const Activation& m, const Activation& y) override;
  void modulateBackward(const Activation& x, const Activation& m, const Activation& dy,
                        const Activation& dx, const Activation& dm) override;
  void pixelShuffle(const Activation& x, int factor, const Activation& y) override;
  void pixelUnshuffle(const Activation& x, int factor, const Activation& y) override;
  void maxPool(const Activation& x, const PoolWindows& windows, const Activation& y) override;
  void maxPoolBackward(const Activation& x, const PoolWindows& windows, const Activation& dy,
                       const Activation& dx) override;
  void upsampleNearest(const Activation& x, int factor, const Activation& y) override;
  void upsampleNearestBackward(const Activation& dy, int factor, const Activation& dx) override;
  void upsampleBilinear(const Activation& x, int factor, const Activation& y) override;
  void upsampleBilinearBackward(const Activation& dy, int factor, const Activation& dx) override;

  void loss(const LossCall& call) override;
  void distance(const DistanceCall& call) override;
  void ganLoss(const GanCall& call) override;
  double mean(const Activation& x) override;

  void spectralNorm(const SpectralWeight& w, bool iterate, float* sigma) override;
  void spectralNormBackward(const float* normalized, const float* sigma,
                            const SpectralWeight& gradient) override;

  std::vector<double> squaredNorms(const float* block,
                                   const std::vector<TensorRange>& tensors) override;
  int firstUnsafeTensor(const AdamFactors& factors, const AdamBlocks& blocks,
                        const std::vector<TensorRange>& tensors) override;
  void adam(const AdamFactors& factors, const AdamBlocks& blocks, size_t count) override;
  void adamDirection(const AdamFactors& factors, const float* gradient, const float* v,
                     float* direction, size_t count) override;
  double sumOfProducts(const float* a, const float* b, size_t count) override;

 private:
  cudaStream_t stream() const { return sharedStream_->handle(); }
  const OptimizerChunks& chunksOf(const std::vector<TensorRange>& tensors);

  const Precision precision_;
  const std::shared_ptr<const Stream> sharedStream_;
  Transfer transfer_;
  Scratch scratch_;
  ConvolutionContext convolutions_;
  OptimizerChunks chunks_;
};

}  // namespace evensr::cuda
