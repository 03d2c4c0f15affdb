#include "nn/plan_cache.h"

#include <algorithm>
#include <new>
#include <string>

#include "error.h"
#include "nn/planner.h"

namespace evensr {
namespace {

constexpr size_t kPlans = 4;

}  // namespace

size_t PlanCache::bytes(const Shape& input, const PlanOptions& options) const {
  return Planner(graph_, backend_, input, options).arena.size();
}

PlanCache::Entry& PlanCache::entryFor(const Shape& input, const PlanOptions& options) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.input == input && entry.options == options;
  });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
  } else {
    if (entries_.size() == kPlans) entries_.pop_back();
    auto plan = std::make_unique<Plan>(graph_, backend_, input, options);
    entries_.push_front({input, options, std::move(plan), {}});
  }
  return entries_.front();
}

PlanCache::Entry& PlanCache::find(const Shape& input, const PlanOptions& options) {
  try {
    Entry& entry = entryFor(input, options);
    workspace_->reserve(backend_, entry.plan->bytes());
    entry.plan->moveTo(workspace_->data());
    return entry;
  } catch (const std::bad_alloc&) {
    throw CodedError("E_MEMORY", "a batch of " + std::to_string(input.n) + " images of " +
                                     std::to_string(input.h) + "x" + std::to_string(input.w) +
                                     " needs " + std::to_string(bytes(input, options) >> 20) +
                                     " MiB for its activations");
  }
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
