// Loops over an OpenMP team: one set of threads for the whole network lane.
#pragma once

#include <omp.h>

#include <cstddef>

namespace evensr {

// Calls body(begin, end, rank) so that the ranges of all ranks make up [0, count). What is computed
// for an index must not depend on the range it is in.
template <class Body>
void parallelRange(size_t count, const Body& body) {
#pragma omp parallel
  {
    const size_t team = omp_get_num_threads(), rank = omp_get_thread_num();
    const size_t begin = count * rank / team, end = count * (rank + 1) / team;
    if (begin < end) body(begin, end, rank);
  }
}

}  // namespace evensr
