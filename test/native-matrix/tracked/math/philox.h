// Stands in for native/math/philox.h: the same numbers, and every key and counter is written down.
#pragma once

#include <cstdint>

namespace evensr {

struct PhiloxBlock {
  uint32_t w0, w1, w2, w3;
};

// Defined by the program that tracks.
PhiloxBlock philox4x32(uint32_t k0, uint32_t k1, uint32_t c0, uint32_t c1, uint32_t c2,
                       uint32_t c3);

}  // namespace evensr
