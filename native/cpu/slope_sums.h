#pragma once

#include <cstddef>
#include <vector>

namespace evensr {

// dSlopes[c] = the sum of all parts' value c; `parts` holds rows of one value a channel.
inline void sumSlopes(const std::vector<float>& parts, size_t channels, float* dSlopes) {
  for (size_t c = 0; c < channels; c++) {
    double sum = 0;
    for (size_t i = c; i < parts.size(); i += channels) sum += parts[i];
    dSlopes[c] = static_cast<float>(sum);
  }
}

}  // namespace evensr
