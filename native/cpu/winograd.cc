#include "cpu/winograd.h"

#include <algorithm>

#include "cpu/simd.h"

#define EVENSR_EACH_PATH "cpu/winograd_loops.h"
#include "cpu/each_path.h"

namespace evensr::cpu {

const WinogradKernels* winogradKernels(int inChannels, int outChannels) {
  return EVENSR_BEST_PATH(winogradFor)(inChannels, outChannels);
}

const ProductKernels& productKernels(int width) { return *EVENSR_BEST_PATH(productsFor)(width); }

}  // namespace evensr::cpu
