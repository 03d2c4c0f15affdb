#include "nn/plan_cache.h"

#include <algorithm>

#include "nn/planner.h"

namespace evensr {
namespace {

constexpr size_t kPlans = 4;

}  // namespace

size_t PlanCache::bytes(const Shape& input, const PlanOptions& options) const {
  return Planner(graph_, backend_, input, options).arena.size();
}

PlanCache::Entry& PlanCache::find(const Shape& input, const PlanOptions& options) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.input == input && entry.options == options;
  });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
  } else {
    // Before the new one is made: its memory may be needed.
    if (entries_.size() == kPlans) entries_.pop_back();
    auto plan = std::make_unique<Plan>(graph_, backend_, input, options);
    entries_.push_front({input, options, std::move(plan), {}});
  }
  return entries_.front();
}

Plan& PlanCache::get(const Shape& input, const PlanOptions& options, const WeightSource& weights) {
  Entry& entry = find(input, options);
  if (entry.weights.parameters != weights.parameters || entry.weights.version != weights.version) {
    entry.plan->setWeights(weights.parameters, weights.gradients);
    entry.weights = weights;
  }
  return *entry.plan;
}

}  // namespace evensr
