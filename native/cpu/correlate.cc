#include "cpu/correlate.h"

#include "cpu/simd.h"

#define EVENSR_EACH_PATH "cpu/correlate_loops.h"
#include "cpu/each_path.h"

namespace evensr::cpu {

const CorrelateLoops& correlateLoops() { return EVENSR_BEST_PATH(kLoops); }

}  // namespace evensr::cpu
