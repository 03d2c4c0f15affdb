#include "nn/reserve.h"

#include <algorithm>
#include <map>
#include <new>
#include <string>

#include "error.h"
#include "nn/adversary.h"

namespace evensr {
namespace {

using Scratch = Trainer::Scratch;

class Reservation {
 public:
  Reservation(Trainer& trainer, const ReserveOptions& options);

  // Calls body.plan(owner of plans, shape, options), body.scratch(slot, place, shape),
  // body.sums(trainer) and body.alignments(trainer, tasks) for all that will be used.
  template <class Body>
  void forEach(Body&& body) const;
  std::string text() const;

 private:
  Trainer& trainer_;
  const ReserveOptions& options_;
  Shape lq_, gt_;  // of a part
};

Reservation::Reservation(Trainer& trainer, const ReserveOptions& options)
    : trainer_(trainer), options_(options), lq_(options.lq) {
  if (lq_.n % options.accumulate != 0) throw unequalParts(lq_.n, options.accumulate);
  lq_.n /= options.accumulate;
  gt_ = trainer.graph().shapes(lq_)[trainer.graph().outputTensor()];
  if (options.discriminator) trainer.lendWorkspace(*options.discriminator);
}

template <class Body>
void Reservation::forEach(Body&& body) const {
  body.plan(trainer_.plans(), lq_, kTrainingPass);
  if (options_.accumulate > 1 || options_.alignedTasks > 0) body.sums(trainer_);
  if (options_.alignedTasks > 0) body.alignments(trainer_, options_.alignedTasks);
  if (options_.measured > 0) {
    Shape measured = lq_;
    measured.n = options_.measured;
    body.plan(trainer_.plans(), measured, PlanOptions{});
  }
  if (PerceptualLoss* loss = trainer_.perceptual()) {
    body.plan(loss->targets(), gt_, PlanOptions{});
    body.plan(loss->plans(), gt_, kJudgingPass);
  }
  if (trainer_.graph().hasEstimate()) {
    const Graph& graph = trainer_.graph();
    body.scratch(Scratch::severities, 0, graph.shapes(lq_)[graph.outputTensors()[0]]);
  }
  Trainer* const other = options_.discriminator;
  if (!other || trainer_.options().ganWeight <= 0) return;
  body.plan(other->plans(), gt_, kTrainingPass);
  body.plan(other->plans(), gt_, kJudgingPass);
  body.sums(*other);
  const Shape logits = other->graph().shapes(gt_)[other->graph().outputTensor()];
  const bool relativistic = trainer_.options().gan == GanType::relativistic;
  for (int place = 0; place < options_.accumulate; place++) {
    body.scratch(Scratch::sr, place, gt_);
    if (relativistic) body.scratch(Scratch::real, place, logits);
  }
  if (relativistic) body.scratch(Scratch::work, 0, logits);
}

std::string Reservation::text() const {
  std::string text = "a step of " + std::to_string(options_.lq.n) + " samples of " +
                     std::to_string(lq_.h) + "x" + std::to_string(lq_.w);
  if (options_.accumulate > 1) text += ", " + std::to_string(lq_.n) + " at once,";
  return text;
}

struct Counting {
  Trainer& trainer;
  size_t bytes = 0;
  std::map<const Workspace*, size_t> workspaces = {};
  void plan(PlanCache& plans, const Shape& shape, const PlanOptions& options) {
    size_t& largest = workspaces[plans.workspace().get()];
    const size_t wanted = plans.bytes(shape, options);
    bytes += std::max(largest, wanted) - largest;
    largest = std::max(largest, wanted);
  }
  void scratch(Scratch, size_t, const Shape& shape) {
    bytes += trainer.backend().activationBytes(shape);
  }
  void sums(Trainer& owner) { bytes += owner.graph().parameterCount() * sizeof(float); }
  void alignments(Trainer& owner, int tasks) {
    bytes += (tasks + 1) * owner.graph().parameterCount() * sizeof(float);
  }
};

struct Getting {
  Trainer& trainer;
  void plan(PlanCache& plans, const Shape& shape, const PlanOptions& options) {
    plans.reserve(shape, options);
  }
  void scratch(Scratch slot, size_t place, const Shape& shape) {
    trainer.scratch(slot, place, shape);
  }
  void sums(Trainer& owner) { owner.reserveGradientSum(); }
  void alignments(Trainer& owner, int tasks) { owner.alignmentBlocks(tasks + 1); }
};

[[noreturn]] void refuse(const Reservation& reservation, size_t bytes) {
  throw CodedError("E_MEMORY", reservation.text() + " needs " + std::to_string(bytes >> 20) +
                                   " MiB for its activations");
}

}  // namespace

size_t reserve(Trainer& trainer, const ReserveOptions& options) {
  trainer.backend().makeCurrent();
  const Reservation reservation(trainer, options);
  Counting counted{trainer};
  reservation.forEach(counted);
  try {
    reservation.forEach(Getting{trainer});
  } catch (const CodedError& error) {
    if (error.code() != "E_MEMORY") throw;
    refuse(reservation, counted.bytes);
  } catch (const std::bad_alloc&) {
    refuse(reservation, counted.bytes);
  }
  return counted.bytes;
}

}  // namespace evensr
