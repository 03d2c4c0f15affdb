// The optimizer: products and norms of gradients, the check before the step, and the step.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "clones.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

constexpr size_t kChunk = 16384;
constexpr int kLanes = 16;  // fixed, so that vector width does not change the order of a sum

EVENSR_CLONES double productSum(const float* a, const float* b, size_t count) {
  double lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int k = 0; k < kLanes; k++) {
      lanes[k] += static_cast<double>(a[i + k]) * b[i + k];
    }
  }
  for (; i < count; i++) lanes[0] += static_cast<double>(a[i]) * b[i];
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

EVENSR_HD uint32_t notFinite(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits & 0x7f800000u) == 0x7f800000u;
}

EVENSR_HD AdamState stateAt(const AdamBlocks& b, size_t i) {
  return {b.weight[i], b.m[i], b.v[i], b.ema[i]};
}

EVENSR_CLONES bool unsafeRun(AdamFactors f, AdamBlocks b, size_t begin, size_t end) {
  uint32_t bad = 0;
  for (size_t i = begin; i < end; i++) {
    const AdamState next = adamStep(f, b.gradient[i], stateAt(b, i));
    bad |= notFinite(next.weight) | notFinite(next.m) | notFinite(next.v) | notFinite(next.ema);
  }
  return bad != 0;
}

EVENSR_CLONES void adamRun(AdamFactors f, AdamBlocks b, size_t begin, size_t end) {
  for (size_t i = begin; i < end; i++) {
    const AdamState next = adamStep(f, b.gradient[i], stateAt(b, i));
    b.weight[i] = next.weight;
    b.m[i] = next.m;
    b.v[i] = next.v;
    b.ema[i] = next.ema;
  }
}

EVENSR_CLONES void directionRun(AdamFactors f, const float* gradient, const float* v,
                                float* direction, size_t begin, size_t end) {
  for (size_t i = begin; i < end; i++) direction[i] = adamDirection(f, gradient[i], v[i]);
}

}  // namespace

std::vector<double> CpuNetworkBackend::squaredNorms(const float* block,
                                                    const std::vector<TensorRange>& tensors) {
  std::vector<double> norms;
  for (const TensorRange& tensor : tensors) {
    const float* const values = block + tensor.offset;
    norms.push_back(sumOfProducts(values, values, tensor.count));
  }
  return norms;
}

double CpuNetworkBackend::sumOfProducts(const float* a, const float* b, size_t count) {
  rowSums_.assign((count + kChunk - 1) / kChunk, 0);
  const auto sumChunk = [&](size_t chunk) {
    const size_t at = chunk * kChunk;
    rowSums_[chunk] = productSum(a + at, b + at, std::min(kChunk, count - at));
  };
  if (rowSums_.size() == 1) {
    sumChunk(0);  // not worth waking the team
  } else {
    parallelRange(rowSums_.size(), [&](size_t begin, size_t end, size_t) {
      for (size_t chunk = begin; chunk < end; chunk++) sumChunk(chunk);
    });
  }
  double sum = 0;
  for (const double part : rowSums_) sum += part;
  return sum;
}

int CpuNetworkBackend::firstUnsafeTensor(const AdamFactors& factors, const AdamBlocks& blocks,
                                         const std::vector<TensorRange>& tensors) {
  if (tensors.empty()) return -1;
  rowSums_.assign(omp_get_max_threads(), 0);
  const size_t count = tensors.back().offset + tensors.back().count;
  parallelRange(count, [&](size_t begin, size_t end, size_t rank) {
    rowSums_[rank] = unsafeRun(factors, blocks, begin, end);
  });
  if (std::all_of(rowSums_.begin(), rowSums_.end(), [](double bad) { return bad == 0; })) return -1;
  for (size_t i = 0; i < tensors.size(); i++) {
    if (unsafeRun(factors, blocks, tensors[i].offset, tensors[i].offset + tensors[i].count)) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

void CpuNetworkBackend::adam(const AdamFactors& factors, const AdamBlocks& blocks, size_t count) {
  parallelRange(count,
                [&](size_t begin, size_t end, size_t) { adamRun(factors, blocks, begin, end); });
}

void CpuNetworkBackend::adamDirection(const AdamFactors& factors, const float* gradient,
                                      const float* v, float* direction, size_t count) {
  parallelRange(count, [&](size_t begin, size_t end, size_t) {
    directionRun(factors, gradient, v, direction, begin, end);
  });
}

}  // namespace evensr
