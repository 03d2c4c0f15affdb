// The floor under every benchmark: what this CPU can multiply and add.
#pragma once

namespace evensr {

// Measured fp32 peak in GFLOP/s (a fused multiply-add counts as two) of `threads` threads together:
// independent FMA chains in registers, best of several short runs.
double measureFmaPeak(int threads);

}  // namespace evensr
