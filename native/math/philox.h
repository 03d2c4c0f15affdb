// Philox4x32-10, a counter-based generator: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3 and table 2.
//
// The same function as philox4x32 of src/rng.ts.
#pragma once

#include <cstdint>

#include "math/host_device.h"

namespace evensr {

// Four independent words, each uniform over 0 .. 2^32 - 1.
struct PhiloxBlock {
  uint32_t w0, w1, w2, w3;
};

// The block of counter (c0, c1, c2, c3) under key (k0, k1). For one key, different counters give
// different blocks: it is a bijection of 128 bits.
EVENSR_HD PhiloxBlock philox4x32(uint32_t k0, uint32_t k1, uint32_t c0, uint32_t c1, uint32_t c2,
                                 uint32_t c3) {
#if defined(__GNUC__) && !defined(__CUDACC__)
#pragma GCC unroll 10
#endif
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = uint64_t{0xD2511F53u} * c0;
    const uint64_t product1 = uint64_t{0xCD9E8D57u} * c2;
    c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(product1);
    c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(product0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {c0, c1, c2, c3};
}

}  // namespace evensr
