// What Winograd's convolutions have in common, whatever the size of their tiles and the precision
// of their products.
#pragma once

#include <vector>

#include "cpu/thread_clock.h"
#include "cpu/winograd.h"
#include "network_backend.h"

namespace evensr {

// What all of them share in a backend.
struct TiledContext {
  explicit TiledContext(int threads) : threads(threads) {}
  const int threads;
  std::vector<float> biasSums, slopeSums;  // partial sums, a value a channel each
  ThreadClock whole, products;             // of all convolutions, and of the products within
};

// Forward and the gradient of the input are the same pass over tiles, with other weights and ends.
class TiledConvolution : public Convolution {
 public:
  TiledConvolution(TiledContext& context, const ConvolutionConfig& config);
  void setWeights(const ConvolutionWeights& weights) override { weights_ = weights; }
  void forward(const Activation& x, const Activation& addend, const ConvolutionResult& y) override;
  bool appliesGate() const override { return true; }
  void backwardData(const Activation& dy, const Activation& addend, const Activation& dx,
                    const PreluGate& gate) override;

 protected:
  // The activations of a pass.
  struct Pass {
    Activation from, to, unactivated, addend, gate;
  };
  cpu::WeightView weights() const { return {weights_.weight, in_, out_, 9, 9 * in_, false}; }

  virtual int tileCount(const Shape& shape) const = 0;
  // Tiles of one piece of a pass.
  virtual int tilesAtOnce(int in, int out) const = 0;
  // Part `rank` of `team` of the weights, into the domain of the products.
  virtual void transformWeights(const cpu::WeightView& weights, int rank, int team) = 0;
  // Tiles [first, last), by thread `rank`.
  virtual void runTiles(const Pass& pass, const cpu::WeightView& weights, const cpu::TileEnd& end,
                        int first, int last, int rank) = 0;

  const ConvolutionConfig config_;
  const int in_, out_;

 private:
  // The same as the gradient of the input sees them: sums run over the results' channels.
  cpu::WeightView turnedWeights() const { return {weights_.weight, out_, in_, 9 * in_, 9, true}; }
  void run(const Pass& pass, const cpu::WeightView& weights, const cpu::TileEnd& end);

  TiledContext& sums_;
  ConvolutionWeights weights_;
  std::vector<float> slopes_;  // of an activation that has one for all channels
};

}  // namespace evensr
