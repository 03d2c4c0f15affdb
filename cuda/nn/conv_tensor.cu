// 3 x 3 convolutions on tensor cores (mma.sync): the tile with its halo is read once for every 16
// channels, and all nine taps run on it.
#include "nn/conv_tensor_weights.h"
#include "nn/tensor_tile.cuh"

namespace evensr::cuda {
namespace {

constexpr int kTaps = 9;
constexpr int kRowsOfWarp = kTileHeight / (kTensorThreads / 32);  // a product has a row of pixels

// Weights of one chunk of input channels for OutTiles x 8 output channels, in the order in which
// the lanes of a warp want them: (tap, tile, lane, 2).
template <int OutTiles>
constexpr int kWeightWords = kTaps* OutTiles * 32 * 2;
template <int OutTiles>
constexpr size_t kBufferBytes = kWeightWords<OutTiles> * 4 + kHaloPixels* kPixelPitch * 2;

template <int OutTiles>
struct Buffer {
  uint32_t* weights;
  uint16_t* tile;
};

template <int OutTiles>
__device__ __forceinline__ void copyWeights(const uint32_t* from, uint32_t* to) {
  for (int i = static_cast<int>(threadIdx.x); i < kWeightWords<OutTiles> / 4; i += kTensorThreads) {
    gpu::cp_async16(to + 4 * i, from + 4 * i);
  }
  gpu::cp_async_commit();
}

// Sums of a warp: two rows of 16 pixels, OutTiles x 8 channels.
template <int OutTiles>
using Sums = float[kRowsOfWarp][OutTiles][4];

template <int OutTiles>
__device__ __forceinline__ void multiplyChunk(const Buffer<OutTiles>& buffer,
                                              Sums<OutTiles>& sums) {
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  // Of the four matrices of ldmatrix the first two are the pixels' first eight channels.
  const int pixel = lane % 16, half = lane / 16 * 8;
#pragma unroll
  for (int tap = 0; tap < kTaps; tap++) {
    uint32_t a[kRowsOfWarp][4];
#pragma unroll
    for (int r = 0; r < kRowsOfWarp; r++) {
      const int y = warp * kRowsOfWarp + r + tap / 3;
      gpu::ldmatrix_x4<false>(
          a[r], buffer.tile + (y * kHaloWidth + pixel + tap % 3) * kPixelPitch + half);
    }
#pragma unroll
    for (int t = 0; t < OutTiles; t++) {
      const uint2 pair =
          reinterpret_cast<const uint2*>(buffer.weights)[(tap * OutTiles + t) * 32 + lane];
      const uint32_t b[2] = {pair.x, pair.y};
#pragma unroll
      for (int r = 0; r < kRowsOfWarp; r++) gpu::mma_bf16_16816(sums[r][t], a[r], b);
    }
  }
}

template <int OutTiles>
__device__ __forceinline__ void storeSums(const TileGrid& grid, const TilePlace& place,
                                          int firstOut, int out, const Epilogue& epilogue,
                                          const Sums<OutTiles>& sums) {
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int r = 0; r < kRowsOfWarp; r++) {
    const int y = place.top + warp * kRowsOfWarp + r;
    if (y >= grid.height) continue;
    const size_t row = (static_cast<size_t>(place.sample) * grid.height + y) * grid.width;
#pragma unroll
    for (int t = 0; t < OutTiles; t++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int x = place.left + lane / 4 + i / 2 * 8;
        const int channel = firstOut + t * 8 + lane % 4 * 2 + i % 2;
        if (x < grid.width && channel < out) epilogue.store(row + x, channel, sums[r][t][i]);
      }
    }
  }
}

// Block (tile, group of output channels). `weights`: (group, chunk, kWeightWords).
template <int OutTiles, bool Vectors>
__global__ void __launch_bounds__(kTensorThreads)
    convolveTiles(TileGrid grid, Pixels from, int in, int out, const uint32_t* weights,
                  Epilogue epilogue) {
  DYN_SHARED(unsigned char, shared);
  const TilePlace place(grid, static_cast<int>(blockIdx.x));
  const int chunks = (in + kChunk - 1) / kChunk;
  const uint32_t* own = weights + static_cast<size_t>(blockIdx.y) * chunks * kWeightWords<OutTiles>;
  const auto bufferOf = [&](int chunk) {
    unsigned char* start = shared + chunk % 2 * kBufferBytes<OutTiles>;
    return Buffer<OutTiles>{reinterpret_cast<uint32_t*>(start),
                            reinterpret_cast<uint16_t*>(start + kWeightWords<OutTiles> * 4)};
  };
  Sums<OutTiles> sums = {};
  HaloLoader<Vectors> loader;
  copyWeights<OutTiles>(own, bufferOf(0).weights);
  loader.read(grid, place, from, 0, in);
  loader.store(bufferOf(0).tile);
  for (int chunk = 0; chunk < chunks; chunk++) {
    gpu::cp_async_wait<0>();
    __syncthreads();
    const bool more = chunk + 1 < chunks;
    if (more) {
      copyWeights<OutTiles>(own + static_cast<size_t>(chunk + 1) * kWeightWords<OutTiles>,
                            bufferOf(chunk + 1).weights);
      loader.read(grid, place, from, (chunk + 1) * kChunk, in);
    }
    multiplyChunk<OutTiles>(bufferOf(chunk), sums);
    if (more) loader.store(bufferOf(chunk + 1).tile);
  }
  storeSums<OutTiles>(grid, place, static_cast<int>(blockIdx.y) * OutTiles * 8, out, epilogue,
                      sums);
}

// From (O, I, 3, 3) to what convolveTiles reads; `backward`: input and output change places and the
// taps are mirrored. A word holds two neighbouring input channels of one output channel.
__global__ void __launch_bounds__(kTensorThreads)
    packTensorWeights(const float* weight, int in, int out, int outTiles, bool backward,
                      uint32_t* packed, int words) {
  const int word = static_cast<int>(blockIdx.x) * kTensorThreads + static_cast<int>(threadIdx.x);
  if (word >= words) return;
  const int which = word % 2, lane = word / 2 % 32, t = word / 64 % outTiles;
  const int tap = word / 64 / outTiles % kTaps, rest = word / 64 / outTiles / kTaps;
  const int chunks = (in + kChunk - 1) / kChunk;
  const int group = rest / chunks, chunk = rest % chunks;
  const int o = (group * outTiles + t) * 8 + lane / 4;
  float pair[2];
  for (int h = 0; h < 2; h++) {
    const int c = chunk * kChunk + lane % 4 * 2 + which * 8 + h;
    const size_t at = backward ? (static_cast<size_t>(c) * out + o) * kTaps + (kTaps - 1 - tap)
                               : (static_cast<size_t>(o) * in + c) * kTaps + tap;
    pair[h] = c < in && o < out ? weight[at] : 0.0f;
  }
  packed[word] = packPair(pair[0], pair[1]);
}

// One direction of a convolution with its weights.
class TensorPass {
 public:
  TensorPass(int in, int out, bool backward)
      : in_(in), out_(out), backward_(backward), outTiles_(tilesFor(out)) {
    packed_.grow(static_cast<size_t>(words()) * sizeof(uint32_t));
  }

  void setWeights(cudaStream_t stream, const float* weight) {
    const int blocks = (words() + kTensorThreads - 1) / kTensorThreads;
    check(gpu::launch(packTensorWeights, dim3(blocks), dim3(kTensorThreads), 0, stream, weight, in_,
                      out_, outTiles_, backward_, packed_.as<uint32_t>(), words()),
          "the kernel that packs weights");
  }

  void run(cudaStream_t stream, const Activation& from, const Epilogue& epilogue) const {
    switch (outTiles_) {
      case 1:
        return runTiles<1>(stream, from, epilogue);
      case 2:
        return runTiles<2>(stream, from, epilogue);
      case 4:
        return runTiles<4>(stream, from, epilogue);
      default:
        return runTiles<8>(stream, from, epilogue);
    }
  }

 private:
  // Of 8 output channels, in a block.
  static int tilesFor(int out) { return out <= 8 ? 1 : out <= 16 ? 2 : out <= 32 ? 4 : 8; }
  int groups() const { return (out_ + outTiles_ * 8 - 1) / (outTiles_ * 8); }
  int words() const { return groups() * ((in_ + kChunk - 1) / kChunk) * kTaps * outTiles_ * 64; }

  template <int OutTiles>
  void runTiles(cudaStream_t stream, const Activation& from, const Epilogue& epilogue) const {
    const TileGrid grid{from.shape.n, from.shape.h, from.shape.w};
    const Pixels pixels = pixelsOf(from);
    const auto kernel =
        takesVectors(pixels) ? convolveTiles<OutTiles, true> : convolveTiles<OutTiles, false>;
    check(gpu::launch(kernel, dim3(grid.n * grid.perSample(), groups()), dim3(kTensorThreads),
                      2 * kBufferBytes<OutTiles>, stream, grid, pixels, in_, out_,
                      static_cast<const uint32_t*>(packed_.as<uint32_t>()), epilogue),
          "the tensor convolution kernel");
  }

  int in_, out_;
  bool backward_;
  int outTiles_;
  DeviceBuffer packed_;
};

class TensorConvolution final : public Convolution {
 public:
  TensorConvolution(ConvolutionContext& context, const ConvolutionConfig& config)
      : context_(context), config_(config), forward_(config.input.c, config.outChannels, false) {
    if (config.inputGradient) {
      backward_ = std::make_unique<TensorPass>(config.outChannels, config.input.c, true);
    }
  }

  void setWeights(const ConvolutionWeights& weights) override {
    weights_ = weights;
    const cudaStream_t stream = context_.stream.handle();
    forward_.setWeights(stream, weights.weight);
    if (backward_) backward_->setWeights(stream, weights.weight);
  }

  void forward(const Activation& x, const Activation& addend, const ConvolutionResult& y) override {
    forward_.run(context_.stream.handle(), x, forwardEpilogue(config_, weights_, addend, y));
  }

  bool appliesGate() const override { return false; }

  void backwardData(const Activation& dy, const Activation& addend, const Activation& dx,
                    const PreluGate&) override {
    backward_->run(context_.stream.handle(), dy, backwardEpilogue(config_, addend, dx));
  }

  void backwardWeights(const Activation& x, const Activation& dy, float* dWeight,
                       float* dBias) override {
    tensorWeightGradient(context_, x, dy, config_.outputScale, dWeight);
    if (dBias) biasGradient(context_, dy, config_.outputScale, dBias);
  }

 private:
  ConvolutionContext& context_;
  const ConvolutionConfig config_;
  ConvolutionWeights weights_;
  TensorPass forward_;
  std::unique_ptr<TensorPass> backward_;
};

}  // namespace

std::unique_ptr<Convolution> tensorConvolution(ConvolutionContext& context,
                                               const ConvolutionConfig& config) {
  return std::make_unique<TensorConvolution>(context, config);
}

}  // namespace evensr::cuda
