#include "cpu/noise_words.h"

#include "cpu/simd.h"

#define EVENSR_EACH_PATH "cpu/noise_words_loops.h"
#include "cpu/each_path.h"

namespace evensr::cpu {

void noiseWordsOf(const NoiseField& field, uint32_t firstGroup, NoiseWords& out) {
  static const auto fill = EVENSR_BEST_PATH(fillNoiseWords);
  fill(field, firstGroup, out);
}

}  // namespace evensr::cpu
