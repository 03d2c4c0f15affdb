#include "cpu/conv_tiled.h"

#include <algorithm>

#include "cpu/channel_sums.h"
#include "cpu/omp.h"

namespace evensr {

using cpu::TileEnd;
using cpu::WeightView;

TiledConvolution::TiledConvolution(TiledContext& context, const ConvolutionConfig& config)
    : config_(config), in_(config.input.c), out_(config.outChannels), sums_(context) {
  if (config.activationSlope) slopes_.assign(out_, *config.activationSlope);
}

void TiledConvolution::forward(const Activation& x, const Activation& addend,
                               const ConvolutionResult& y) {
  TileEnd end;
  end.bias = weights_.bias;
  end.slopes = config_.activationSlope ? slopes_.data() : weights_.slopes;
  end.scale = config_.outputScale;
  run({x, y.activated, y.unactivated, addend, {}}, weights(), end);
}

void TiledConvolution::backwardData(const Activation& dy, const Activation& addend,
                                    const Activation& dx, const PreluGate& gate) {
  TileEnd end;
  end.scale = config_.outputScale;
  end.gateSlopes = gate.slopes;
  run({dy, dx, {}, addend, gate.x}, turnedWeights(), end);
  if (gate.dSlopes) sumChannels(sums_.slopeSums, in_, 1, gate.dSlopes);
}

void TiledConvolution::run(const Pass& pass, const WeightView& weights, const TileEnd& end) {
  const int tiles = tileCount(pass.from.shape), atOnce = tilesAtOnce(weights.in, weights.out);
  const int pieces = (tiles + atOnce - 1) / atOnce;
  // A sum a piece, so that it does not depend on the number of threads.
  if (pass.gate.data) sums_.slopeSums.assign(static_cast<size_t>(pieces) * weights.out, 0);
#pragma omp parallel
  {
    const auto began = ThreadClock::start();
    const int team = omp_get_num_threads(), rank = omp_get_thread_num();
    transformWeights(weights, rank, team);
#pragma omp barrier
    for (int piece = pieces * rank / team; piece < pieces * (rank + 1) / team; piece++) {
      TileEnd own = end;
      if (pass.gate.data) own.slopeSums = &sums_.slopeSums[piece * weights.out];
      runTiles(pass, weights, own, piece * atOnce, std::min(tiles, (piece + 1) * atOnce), rank);
    }
    sums_.whole.addSince(began);
  }
}

}  // namespace evensr
