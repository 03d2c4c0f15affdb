// The plans of the last few shapes, so that alternating between training and probing costs nothing.
#pragma once

#include <list>
#include <memory>
#include <utility>

#include "nn/plan.h"
#include "nn/workspace.h"

namespace evensr {

// Where a plan takes its weights from. `version` changes whenever the values do.
struct WeightSource {
  const float* parameters = nullptr;
  float* gradients = nullptr;
  size_t version = 0;
};

class PlanCache {
 public:
  // Its plans, and those of other caches that have the same workspace, run one at a time.
  PlanCache(const Graph& graph, NetworkBackend& backend,
            std::shared_ptr<Workspace> workspace = std::make_shared<Workspace>())
      : graph_(graph), backend_(backend), workspace_(std::move(workspace)) {}
  // From the next plan on.
  void use(std::shared_ptr<Workspace> workspace) { workspace_ = std::move(workspace); }
  const std::shared_ptr<Workspace>& workspace() const { return workspace_; }
  // A plan ready to run with these weights. What others of the workspace computed is then lost.
  // Throws E_NETWORK, E_MEMORY.
  Plan& get(const Shape& input, const PlanOptions& options, const WeightSource& weights);
  // Makes the plan and its memory beforehand. Throws E_NETWORK, E_MEMORY.
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
  // The entry for it, made if need be, as the most recently used one. It has its memory.
  Entry& find(const Shape& input, const PlanOptions& options);
  Entry& entryFor(const Shape& input, const PlanOptions& options);

  const Graph& graph_;
  NetworkBackend& backend_;
  std::shared_ptr<Workspace> workspace_;
  std::list<Entry> entries_;  // most recently used first
};

}  // namespace evensr
