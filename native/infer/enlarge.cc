#include "infer/enlarge.h"

namespace evensr {

void enlarge(const float* lq, const Shape& from, float* sr, const Shape& to, const RowLoop& loop) {
  const ResizeAxis rows(from.h, to.h), columns(from.w, to.w);
  std::vector<std::vector<float>> scratch(loop.workers, std::vector<float>(from.w));
  loop.run(from.n * from.c * to.h, [&](int i, int worker) {
    const int plane = i / to.h, y = i % to.h;
    const float* source = lq + plane * from.plane();
    float* wide = scratch[worker].data();
    rows.combine(
        y, [&](int k) { return source + static_cast<size_t>(k) * from.w; }, from.w, wide);
    columns.resizeLine(wide, sr + plane * to.plane() + static_cast<size_t>(y) * to.w);
  });
}

}  // namespace evensr
