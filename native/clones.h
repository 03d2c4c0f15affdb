// Hot loops are compiled several times and the best one for this CPU is chosen at load.
//
// Only loops over pixels or channels may be marked: vector width then changes no order of
// operations, and with -ffp-contract=off the bits are the same in every version.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define EVENSR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVENSR_CLONES
#endif
