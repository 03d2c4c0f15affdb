// The samples of a batch that are computed at once.
#pragma once

#include <string>

#include "batch.h"
#include "error.h"
#include "network_backend.h"

namespace evensr {

// For a batch that cannot be cut into so many equal parts.
inline CodedError unequalParts(int batch, int count) {
  return {"E_SHAPE", "a batch of " + std::to_string(batch) + " has no " + std::to_string(count) +
                         " equal parts"};
}

// Part `index` of `count` equal ones; by itself the whole batch. The batch must live longer.
class BatchPart {
 public:
  explicit BatchPart(const BatchData& batch, int index = 0, int count = 1)
      : index(index), size(batch.batch / count), first(index * size), batch_(batch) {}

  const int index, size, first;  // `first`: its first sample's number in the batch

  Shape lqShape() const { return {size, 3, batch_.lqHeight, batch_.lqWidth}; }
  Shape gtShape() const { return {size, 3, batch_.gtHeight, batch_.gtWidth}; }
  // Planar, in host memory.
  const float* lq() const { return batch_.lq.data() + offset(lqShape()); }
  // gt as it was before it was sharpened, if that is wanted and the batch has it so.
  const float* gt(bool sharpened) const {
    const bool isPlain = !sharpened && batch_.plainGt.size() > 0;
    return (isPlain ? batch_.plainGt : batch_.gt).data() + offset(gtShape());
  }

 private:
  size_t offset(const Shape& shape) const { return shape.elements() * index; }

  const BatchData& batch_;
};

}  // namespace evensr
