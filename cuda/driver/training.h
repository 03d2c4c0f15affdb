// Networks that train without Node, on pictures made here.
#pragma once

#include <memory>
#include <string>

#include "networks.h"
#include "nn/training_step.h"

namespace evensr::driver {

// Planar (3, side, side) in [0, 1]: waves, edges and grain, so that there is something to learn.
void drawPicture(Dice& dice, int side, float* picture);

// gt (B, 3, 4 side, 4 side) of drawPicture() and lq (B, 3, side, side), their means over squares.
std::unique_ptr<BatchData> drawBatch(Dice& dice, int batch, int side);

// L1 and Adam as in Real-ESRGAN's training.
TrainerOptions trainerOptions();

// With first values by `seed`: the same on every device.
std::unique_ptr<Trainer> trainerOf(const Network& network, const TrainerOptions& options,
                                   std::unique_ptr<NetworkBackend> backend, unsigned seed);

// Throws a CodedError when a loss or a gradient is not finite.
StepOutcome finiteStep(Trainer& trainer, const BatchData& batch, const StepOptions& options);

}  // namespace evensr::driver
