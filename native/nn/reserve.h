// Memory of training steps, asked for before the first one.
#pragma once

#include "nn/trainer.h"

namespace evensr {

struct ReserveOptions {
  Shape lq;              // of a step's whole batch
  int accumulate = 1;    // parts in which it is computed
  int measured = 0;      // samples of that size that Trainer::measure() will get at once; 0: none
  int alignedTasks = 0;  // tasks of alignments(), of as many samples at once as a step
  Trainer* discriminator = nullptr;
};

// Plans the passes of steps and measurements and gets memory for all of them, so that they need no
// more. Returns the bytes of all activations. Throws E_MEMORY with that size when they cannot be
// had, E_SHAPE, E_NETWORK.
size_t reserve(Trainer& trainer, const ReserveOptions& options);

}  // namespace evensr
