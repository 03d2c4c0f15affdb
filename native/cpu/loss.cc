// Pixel losses: value per sample and gradient in one pass over rows.
#include <omp.h>

#include "clones.h"
#include "cpu/cpu_network.h"
#include "cpu/omp.h"

namespace evensr {
namespace {

// Sums run in this many lanes on every CPU, so that vector width does not change their order.
constexpr int kLanes = 16;

struct RowJob {
  const float *sr, *gt;
  float* gradient;  // null: not wanted
  size_t count;
  float gradientScale, epsilon;
};

template <class Value, class Gradient>
EVENSR_HD double rowLoss(RowJob job, const Value& value, const Gradient& gradient) {
  double lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= job.count; i += kLanes) {
    for (int k = 0; k < kLanes; k++) lanes[k] += value(job.sr[i + k] - job.gt[i + k]);
  }
  for (int k = 0; i + k < job.count; k++) lanes[k] += value(job.sr[i + k] - job.gt[i + k]);
  if (job.gradient) {
    for (size_t j = 0; j < job.count; j++) {
      job.gradient[j] = job.gradientScale * gradient(job.sr[j] - job.gt[j]);
    }
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

EVENSR_CLONES double l1Row(const RowJob& job) {
  return rowLoss(
      job, [](float d) { return l1Loss(d); }, [](float d) { return l1Gradient(d); });
}

EVENSR_CLONES double l2Row(const RowJob& job) {
  return rowLoss(
      job, [](float d) { return l2Loss(d); }, [](float d) { return l2Gradient(d); });
}

EVENSR_CLONES double charbonnierRow(const RowJob& job) {
  const float epsilon = job.epsilon;
  return rowLoss(
      job, [=](float d) { return charbonnierLoss(d, epsilon); },
      [=](float d) { return charbonnierGradient(d, epsilon); });
}

double rowOf(LossType type, const RowJob& job) {
  if (type == LossType::l1) return l1Row(job);
  return type == LossType::l2 ? l2Row(job) : charbonnierRow(job);
}

}  // namespace

void CpuNetworkBackend::loss(const LossCall& call) {
  const Shape s = call.sr.shape;
  const size_t rowFloats = static_cast<size_t>(s.w) * s.c, rows = static_cast<size_t>(s.n) * s.h;
  const double elements = static_cast<double>(s.elements()) / s.n;
  rows_.resize(rowFloats * omp_get_max_threads());
  rowSums_.resize(rows);
  parallelRange(rows, [&](size_t begin, size_t end, size_t rank) {
    float* gt = &rows_[rank * rowFloats];
    for (size_t row = begin; row < end; row++) {
      const size_t n = row / s.h;
      for (int c = 0; c < s.c; c++) {
        const float* plane = call.gt + (n * s.c + c) * s.plane() + row % s.h * s.w;
        for (int x = 0; x < s.w; x++) gt[static_cast<size_t>(x) * s.c + c] = plane[x];
      }
      RowJob job{floats(call.sr) + row * rowFloats, gt, nullptr, rowFloats, 0, call.epsilon};
      if (call.gradient.data) {
        job.gradient = floats(call.gradient) + row * rowFloats;
        job.gradientScale = static_cast<float>(call.sampleWeight[n] / (elements * s.n));
      }
      rowSums_[row] = rowOf(call.type, job);
    }
  });
  for (int n = 0; n < s.n; n++) call.losses[n] = meanOfRows(s, n);
}

void CpuNetworkBackend::distance(const DistanceCall& call) {
  const Shape s = call.x.shape;
  const size_t rowFloats = static_cast<size_t>(s.w) * s.c, rows = static_cast<size_t>(s.n) * s.h;
  const double elements = static_cast<double>(s.elements()) / s.n;
  rowSums_.resize(rows);
  parallelRange(rows, [&](size_t begin, size_t end, size_t) {
    for (size_t row = begin; row < end; row++) {
      const size_t at = row * rowFloats;
      RowJob job{
          floats(call.x) + at, floats(call.target) + at, floats(call.gradient) + at, rowFloats, 0,
          call.epsilon};
      job.gradientScale =
          static_cast<float>(call.factor * call.sampleWeight[row / s.h] / (elements * s.n));
      rowSums_[row] = rowOf(call.type, job);
    }
  });
  for (int n = 0; n < s.n; n++) call.losses[n] += call.factor * meanOfRows(s, n);
}

double CpuNetworkBackend::meanOfRows(const Shape& s, int sample) const {
  double sum = 0;
  for (int y = 0; y < s.h; y++) sum += rowSums_[static_cast<size_t>(sample) * s.h + y];
  return sum / (static_cast<double>(s.elements()) / s.n);
}

}  // namespace evensr
