// The plans of the last few shapes, so that alternating between training and probing costs nothing.
#pragma once

#include <list>
#include <memory>

#include "nn/plan.h"

namespace evensr {

// Where a plan takes its weights from. `version` changes whenever the values do.
struct WeightSource {
  const float* parameters = nullptr;
  float* gradients = nullptr;
  size_t version = 0;
};

class PlanCache {
 public:
  PlanCache(const Graph& graph, NetworkBackend& backend) : graph_(graph), backend_(backend) {}
  // A plan ready to run with these weights. It and the one before it stay valid.
  Plan& get(const Shape& input, const PlanOptions& options, const WeightSource& weights);
  // Makes the plan and its memory beforehand.
  void reserve(const Shape& input, const PlanOptions& options) { find(input, options); }
  // What the plan's activations take.
  size_t bytes(const Shape& input, const PlanOptions& options) const;

 private:
  struct Entry {
    Shape input;
    PlanOptions options;
    std::unique_ptr<Plan> plan;
    WeightSource weights;
  };
  // The entry for it, made if need be, as the most recently used one.
  Entry& find(const Shape& input, const PlanOptions& options);

  const Graph& graph_;
  NetworkBackend& backend_;
  std::list<Entry> entries_;  // most recently used first
};

}  // namespace evensr
