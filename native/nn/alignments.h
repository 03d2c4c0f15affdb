// How far a step on one task's samples goes down the log-MSE of every task.
#pragma once

#include <memory>
#include <vector>

#include "batch.h"
#include "nn/trainer.h"

namespace evensr {

// Samples and the task of each, a number below `AlignmentOptions::tasks`.
struct TaskSamples {
  std::shared_ptr<const BatchData> batch;
  std::vector<int> tasks;
};

struct AlignmentOptions {
  // All of one size; every task has samples in both.
  std::vector<TaskSamples> training, probes;
  int tasks = 0;
  int atOnce = 1;  // samples that run through the network together
};

// Of task t: d_t, the gradient of the mean pixel loss of its training samples as Adam scales it
// (adamDirection), to which a step on them is opposed; g_t, the gradient of the mean over its
// probes of log MSE, on all channels, which is their mean PSNR but for a factor below 0. Both at
// the weights that are trained.
struct Alignments {
  std::vector<double> dots;       // (T, T), rows t, columns u: d_t . g_u
  std::vector<double> stepNorms;  // (T): |d_t|
  double gradientNorm = 0;        // |mean over u of g_u|
};

// Changes nothing of the trainer's state. Values that are not finite, of samples or of gradients,
// make results that are not. Throws E_SHAPE, E_MEMORY.
Alignments alignments(Trainer& trainer, const AlignmentOptions& options);

}  // namespace evensr
