#pragma once

#include <cstddef>
#include <vector>

namespace evensr {

// out[c] = scale x the sum of the parts' values c; `parts` holds rows of one value a channel.
inline void sumChannels(const std::vector<float>& parts, size_t channels, float scale, float* out) {
  for (size_t c = 0; c < channels; c++) {
    double sum = 0;
    for (size_t i = c; i < parts.size(); i += channels) sum += parts[i];
    out[c] = static_cast<float>(sum * scale);
  }
}

}  // namespace evensr
