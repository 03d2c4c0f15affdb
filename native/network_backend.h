// What a device must be able to do to train and run networks: memory, and one method an operator.
//
// The engine (nn/) decides what runs in which order and where its results lie; a backend decides
// how activations are laid out in memory and how fast it goes. All memory behind these pointers is
// the device's. Calls come from one thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device_memory.h"
#include "math/adam.h"
#include "math/gan_loss.h"
#include "math/loss.h"

namespace evensr {

// Batch, channels, height and width of an activation.
struct Shape {
  int n = 0, c = 0, h = 0, w = 0;
  size_t plane() const { return static_cast<size_t>(h) * w; }
  size_t elements() const { return static_cast<size_t>(n) * c * plane(); }
  bool operator==(const Shape& o) const { return n == o.n && c == o.c && h == o.h && w == o.w; }
};

// An activation in the backend's own layout. `data` is null where none is wanted.
struct Activation {
  Shape shape;
  void* data = nullptr;
  // Channels of the tensor that this one is a slice of; 0: it is a whole one.
  int sliceOf = 0;
  int channelStride() const { return sliceOf ? sliceOf : shape.c; }
  bool isSlice() const { return sliceOf > shape.c; }
};

struct ConvolutionConfig {
  Shape input;
  int outChannels = 0, kernel = 0, padding = 0, stride = 1;
  bool bias = false;
  // Applied to the result: x > 0 ? x : slope x, with one slope for all channels, or with one a
  // channel, which setWeights gets. backwardWeights and backwardData then expect the gradient
  // before that activation.
  std::optional<float> activationSlope;
  bool prelu = false;
  // What forward adds to its addend: outputScale x the convolution. Without an addend it is 1.
  float outputScale = 1;
  bool weightGradient = false, inputGradient = false;  // which backward methods will be called

  Shape output() const {
    const int border = 2 * padding - kernel;
    return {input.n, outChannels, (input.h + border) / stride + 1, (input.w + border) / stride + 1};
  }
};

struct ConvolutionWeights {
  const float* weight = nullptr;  // (O, I, k, k)
  const float* bias = nullptr;    // (O), or null
  const float* slopes = nullptr;  // (O), with config.prelu
};

// Where the results go.
struct ConvolutionResult {
  Activation activated;
  Activation unactivated;  // what a PReLU's backward pass needs; no data: not wanted
};

// A PReLU whose result, read by nobody else, is the input of a convolution.
struct PreluGate {
  Activation x;                   // its own input; no data: there is no such PReLU
  const float* slopes = nullptr;  // (C)
  float* dSlopes = nullptr;       // overwritten, unless null
};

// One convolution at one shape, with its weights in the form the device wants.
class Convolution {
 public:
  virtual ~Convolution() = default;
  // Read now and by every call until the next setWeights.
  virtual void setWeights(const ConvolutionWeights& weights) = 0;
  // y = convolution, or addend + outputScale x convolution. The addend may be y, or have no data.
  virtual void forward(const Activation& x, const Activation& addend,
                       const ConvolutionResult& y) = 0;
  // Whether backwardData goes on through a gate; other convolutions are given none.
  virtual bool appliesGate() const = 0;
  // dx = the gradient, or addend + it, and from there that of the gate's x if there is a gate; dy
  // is the gradient of what forward wrote. The addend may be dx, or have no data.
  virtual void backwardData(const Activation& dy, const Activation& addend, const Activation& dx,
                            const PreluGate& gate) = 0;
  // Overwrites dWeight (O, I, k, k) and dBias (O, or null).
  virtual void backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                               float* dBias) = 0;
};

struct LossCall {
  LossType type = LossType::l1;
  float epsilon = 0;
  const Activation sr;
  const float* gt;             // host memory, planar (B, C, H, W)
  const double* sampleWeight;  // host memory, (B)
  double* losses;       // host memory, (B): mean over the elements of each sample, unweighted
  Activation gradient;  // of mean over B of weight x loss; null data: not wanted
};

// A pixel loss between two activations on the device.
struct DistanceCall {
  LossType type = LossType::l1;
  float epsilon = 0;
  const Activation x, target;
  double factor = 1;
  const double* sampleWeight;  // host memory, (B)
  double* losses;       // host memory, (B): factor x mean over the elements of each sample is added
  Activation gradient;  // with respect to x, of mean over B of weight x factor x loss
};

// The windows of a pooling: squares, `stride` apart, the first one `padding` outside of the image.
struct PoolWindows {
  int size = 0, stride = 0, padding = 0;

  int count(int side) const { return (side + 2 * padding - size) / stride + 1; }
};

// An adversarial loss of logits against one target.
struct GanCall {
  GanFormula formula = GanFormula::crossEntropy;
  bool real = true;  // the target is 1, else 0
  const Activation logits;
  double offset = 0;           // taken off every logit
  const double* sampleWeight;  // host memory, (B)
  double* losses;              // host memory, (B): mean over the elements of each sample
  Activation gradient;         // with respect to the logits, of mean over B of weight x loss
};

// Position and size of one tensor in the flat blocks of parameters.
struct TensorRange {
  size_t offset = 0, count = 0;
};

// The flat blocks an optimizer step works on.
struct AdamBlocks {
  const float* gradient;
  float *weight, *m, *v, *ema;
};

// A spectrally normalised weight as a matrix, one row an output channel, and its singular vectors.
struct SpectralWeight {
  float* weight;  // (rows, columns), row-major
  size_t rows, columns;
  float *u, *v;  // (rows) and (columns)
};

class NetworkBackend {
 public:
  virtual ~NetworkBackend() = default;

  // Called by the thread that will make the next calls.
  virtual void makeCurrent() = 0;

  // Throws std::bad_alloc, or an E_MEMORY that says more.
  virtual std::unique_ptr<DeviceMemory> allocate(size_t bytes) = 0;
  virtual void upload(const float* host, float* device, size_t count) = 0;
  virtual void download(const float* device, float* host, size_t count) = 0;

  virtual void copy(const float* from, float* to, size_t count) = 0;  // device to device

  virtual size_t activationBytes(const Shape& shape) const = 0;
  // Where channel `channel` begins in an activation, in bytes.
  virtual size_t channelOffset(int channel) const = 0;
  // From and to planar (B, C, H, W) in host memory.
  virtual void fromPlanar(const float* planar, const Activation& x) = 0;
  virtual void toPlanar(const Activation& x, float* planar) = 0;

  virtual std::unique_ptr<Convolution> convolution(const ConvolutionConfig& config) = 0;

  // y = x > 0 ? x : slope x, one slope a channel. y may be x only without a later preluBackward.
  virtual void prelu(const Activation& x, const float* slope, const Activation& y) = 0;
  // dx may be dy, or have no data. Overwrites dSlope (C) unless it is null.
  virtual void preluBackward(const Activation& x, const float* slope, const Activation& dy,
                             const Activation& dx, float* dSlope) = 0;
  // y = x > 0 ? x : slope x, slope >= 0; y may be x.
  virtual void leakyRelu(const Activation& x, float slope, const Activation& y) = 0;
  // From the result y, which has the sign of x; dx may be dy.
  virtual void leakyReluBackward(const Activation& y, float slope, const Activation& dy,
                                 const Activation& dx) = 0;
  // y = a + scale b; y may be a or b.
  virtual void add(const Activation& a, const Activation& b, float scale, const Activation& y) = 0;
  // y = scale[c] x + shift[c], (C) in host memory, shift 0 where null; y may be x.
  virtual void affine(const Activation& x, const double* scale, const double* shift,
                      const Activation& y) = 0;
  // y has the channels of all parts, the first part's first.
  virtual void concat(const std::vector<Activation>& parts, const Activation& y) = 0;
  // Its inverse; parts without data are not wanted.
  virtual void split(const Activation& y, const std::vector<Activation>& parts) = 0;
  // y = scale x; y may be x.
  virtual void scale(const Activation& x, float scale, const Activation& y) = 0;
  // Of each sample and channel the mean of |x| and the root of the mean of x^2 over all pixels:
  // y (B, 2 C, 1, 1), all means first.
  virtual void globalStatistics(const Activation& x, const Activation& y) = 0;
  virtual void globalStatisticsBackward(const Activation& x, const Activation& y,
                                        const Activation& dy, const Activation& dx) = 0;
  // y = (1 + s[c]) x + t[c], each sample's own: m (B, 2 C, 1, 1) holds all s, then all t. y may be
  // x.
  virtual void modulate(const Activation& x, const Activation& m, const Activation& y) = 0;
  // dx may be dy; either of dx and dm may have no data.
  virtual void modulateBackward(const Activation& x, const Activation& m, const Activation& dy,
                                const Activation& dx, const Activation& dm) = 0;
  virtual void pixelShuffle(const Activation& x, int factor, const Activation& y) = 0;
  virtual void pixelUnshuffle(const Activation& x, int factor, const Activation& y) = 0;
  // Largest value of each window; what is outside of the image does not count.
  virtual void maxPool(const Activation& x, const PoolWindows& windows, const Activation& y) = 0;
  // All of a gradient goes to the first of the largest values, row by row.
  virtual void maxPoolBackward(const Activation& x, const PoolWindows& windows,
                               const Activation& dy, const Activation& dx) = 0;
  virtual void upsampleNearest(const Activation& x, int factor, const Activation& y) = 0;
  virtual void upsampleNearestBackward(const Activation& dy, int factor, const Activation& dx) = 0;
  virtual void upsampleBilinear(const Activation& x, int factor, const Activation& y) = 0;
  virtual void upsampleBilinearBackward(const Activation& dy, int factor, const Activation& dx) = 0;

  virtual void loss(const LossCall& call) = 0;
  virtual void distance(const DistanceCall& call) = 0;
  virtual void ganLoss(const GanCall& call) = 0;
  virtual double mean(const Activation& x) = 0;  // over all elements

  // Divides the weight by sigma = u^T W v, a device value. `iterate`: before that
  // v = W^T u / |W^T u| and u = W v / |W v|.
  virtual void spectralNorm(const SpectralWeight& w, bool iterate, float* sigma) = 0;
  // From the gradient of the divided weight to that of W, in place of gradient.weight; `normalized`
  // is what spectralNorm() left.
  virtual void spectralNormBackward(const float* normalized, const float* sigma,
                                    const SpectralWeight& gradient) = 0;

  // Sum of squares of each tensor of a flat block; finite if and only if all its values are.
  virtual std::vector<double> squaredNorms(const float* block,
                                           const std::vector<TensorRange>& tensors) = 0;
  // Index of the first tensor that an Adam step would leave with a value that is not finite, in the
  // weights, the moments or the moving average; -1 when there is none. Changes nothing.
  virtual int firstUnsafeTensor(const AdamFactors& factors, const AdamBlocks& blocks,
                                const std::vector<TensorRange>& tensors) = 0;
  virtual void adam(const AdamFactors& factors, const AdamBlocks& blocks, size_t count) = 0;
  // adamDirection() of every element.
  virtual void adamDirection(const AdamFactors& factors, const float* gradient, const float* v,
                             float* direction, size_t count) = 0;
  // Sum of the products of two flat blocks, in double and in an order that the size alone decides.
  virtual double sumOfProducts(const float* a, const float* b, size_t count) = 0;

  // Nanoseconds, summed over threads, of parts of operators, by name, since the last call; nothing
  // of a backend that times none.
  virtual std::map<std::string, double> takeSections() { return {}; }
};

// In what convolutions multiply. Sums, weights, activations and gradients are float32 always.
enum class Precision { float32, bfloat16 };

// The CPU backend, with `threads` threads for each operator.
std::unique_ptr<NetworkBackend> createCpuNetworkBackend(int threads,
                                                        Precision precision = Precision::float32);

}  // namespace evensr
