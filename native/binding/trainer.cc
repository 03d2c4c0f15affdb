#include <cmath>
#include <exception>
#include <map>
#include <new>
#include <utility>

#include "binding/async.h"
#include "binding/decode.h"
#include "binding/exports.h"
#include "binding/native_batch.h"
#include "binding/native_canvas.h"
#include "binding/native_trainer.h"
#include "binding/network_spec.h"
#include "cuda_plugin.h"
#include "nn/alignments.h"
#include "nn/reserve.h"
#include "nn/training_step.h"
#include "parallel.h"

namespace evensr {
namespace {

constexpr int64_t kMaxSide = 1 << 20;

StateBlock weightSet(const Napi::Value& value) {
  return oneOf<StateBlock>(value, "weights",
                           {{"params", StateBlock::weights}, {"ema", StateBlock::ema}});
}

// The given batch, height and width with `channels` channels; `values` must fill it.
Shape filledShape(const Napi::Value& value, const std::vector<float>& values, int channels) {
  const auto object = objectValue(value, "shape");
  const auto side = [&](const char* name) {
    return static_cast<int>(integerBetween(object.Get(name), 1, kMaxSide, name));
  };
  const Shape shape{side("batch"), channels, side("height"), side("width")};
  if (shape.elements() != values.size()) {
    throw CodedError("E_SHAPE", std::to_string(values.size()) + " values do not fill " +
                                    std::to_string(shape.n) + " images of " +
                                    std::to_string(channels) + "x" + std::to_string(shape.h) + "x" +
                                    std::to_string(shape.w));
  }
  return shape;
}

std::vector<double> sampleWeights(const Napi::Value& value) {
  std::vector<double> weights;
  if (value.IsUndefined()) return weights;
  for (const float weight : float32Array(value, "sampleWeights")) {
    if (!std::isfinite(weight)) {
      throw Napi::RangeError::New(value.Env(), "expected sampleWeights to be finite");
    }
    weights.push_back(weight);
  }
  return weights;
}

int countOr(int otherwise, int low, const Napi::Value& value, const char* what) {
  return value.IsUndefined() ? otherwise
                             : static_cast<int>(integerBetween(value, low, kMaxSide, what));
}

Napi::Value doubles(Napi::Env env, const std::vector<double>& values) {
  return toFloat64Array(env, values.data(), values.size());
}

Napi::Value stepResult(Napi::Env env, StepOutcome& outcome) {
  auto result = Napi::Object::New(env);
  result["losses"] = doubles(env, outcome.losses);
  if (!outcome.lossesAfter.empty()) result["lossesAfter"] = doubles(env, outcome.lossesAfter);
  auto parts = Napi::Object::New(env);
  for (const auto& [name, losses] : outcome.parts) parts[name] = doubles(env, losses);
  result["parts"] = parts;
  result["gradientNorm"] = outcome.gradientNorm;
  result["discriminatorGradientNorm"] = outcome.discriminatorGradientNorm;
  if (outcome.nonFinite.empty()) {
    result["nonFinite"] = env.Null();
  } else {
    result["nonFinite"] = outcome.nonFinite;
  }
  result["milliseconds"] = outcome.milliseconds;
  return result;
}

// A list of {pairs, tasks}, a task number below `tasks` for every pair.
std::vector<TaskSamples> taskSamples(const Napi::Value& value, int tasks, const char* what) {
  if (!value.IsArray()) {
    throw Napi::TypeError::New(value.Env(), std::string("expected ") + what + " to be an array");
  }
  const auto list = value.As<Napi::Array>();
  std::vector<TaskSamples> all;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto entry = objectValue(list.Get(i), what);
    TaskSamples samples{unwrapAs<NativeBatch>(entry.Get("pairs"), "pairs").data(), {}};
    for (const int32_t task : int32Array(entry.Get("tasks"), "tasks")) {
      if (task < 0 || task >= tasks) {
        throw Napi::RangeError::New(value.Env(), "expected tasks below " + std::to_string(tasks));
      }
      samples.tasks.push_back(task);
    }
    all.push_back(std::move(samples));
  }
  return all;
}

}  // namespace

void NativeTrainer::define(Napi::Env env) {
  const auto constructor =
      DefineClass(env, kName,
                  {InstanceAccessor<&NativeTrainer::stepCount>("stepCount"),
                   InstanceMethod<&NativeTrainer::tensors>("tensors"),
                   InstanceMethod<&NativeTrainer::reserve>("reserve"),
                   InstanceMethod<&NativeTrainer::step>("step"),
                   InstanceMethod<&NativeTrainer::forward>("forward"),
                   InstanceMethod<&NativeTrainer::forwardInto>("forwardInto"),
                   InstanceMethod<&NativeTrainer::measure>("measure"),
                   InstanceMethod<&NativeTrainer::alignments>("alignments"),
                   InstanceMethod<&NativeTrainer::gradients>("_gradients"),
                   InstanceMethod<&NativeTrainer::takeProfile>("takeProfile"),
                   InstanceMethod<&NativeTrainer::getState>("getState"),
                   InstanceMethod<&NativeTrainer::setState>("setState"),
                   InstanceMethod<&NativeTrainer::setStepCount>("setStepCount"),
                   InstanceMethod<&NativeTrainer::buffers>("buffers"),
                   InstanceMethod<&NativeTrainer::getBuffers>("getBuffers"),
                   InstanceMethod<&NativeTrainer::setBuffers>("setBuffers"),
                   InstanceMethod<&NativeTrainer::dispose>("dispose")});
  AddonData::of(env).constructors[kName] = Napi::Persistent(constructor);
}

Napi::Value NativeTrainer::create(Napi::Env env, std::shared_ptr<SharedTrainer> shared) {
  const Napi::Object object = AddonData::of(env).constructors.at(kName).New({});
  Unwrap(object)->shared_ = std::move(shared);
  return object;
}

NativeTrainer::NativeTrainer(const Napi::CallbackInfo& call) : ObjectWrap(call) {
  napi_type_tag_object(call.Env(), call.This(), &kTag);
}

std::shared_ptr<SharedTrainer> NativeTrainer::shared() const {
  if (!shared_) throw CodedError("E_DISPOSED", "this trainer was disposed");
  return shared_;
}

Trainer& NativeTrainer::idle() const {
  SharedTrainer& shared = *this->shared();
  if (shared.jobs > 0) {
    throw CodedError("E_BUSY", "a step of this trainer is running; await it first");
  }
  return shared.trainer;
}

// What a job left: a result, or why there is none.
template <class Result>
struct JobOutcome {
  Result result;
  std::exception_ptr error;
};

template <class Result>
Napi::Value NativeTrainer::run(Napi::Env env, std::function<Result(Trainer&)> work,
                               std::function<Napi::Value(Napi::Env, Result&)> convert,
                               std::shared_ptr<SharedTrainer> other) {
  const auto shared = this->shared();
  const Napi::Promise promise = runAsync<JobOutcome<Result>>(
      env, LaneId::network,
      [shared, work = std::move(work)] {
        JobOutcome<Result> outcome;
        try {
          outcome.result = work(shared->trainer);
        } catch (...) {
          outcome.error = std::current_exception();
        }
        return outcome;
      },
      [shared, other, convert = std::move(convert)](Napi::Env e, JobOutcome<Result>& outcome) {
        shared->jobs--;
        if (other) other->jobs--;
        if (outcome.error) std::rethrow_exception(outcome.error);
        return convert(e, outcome.result);
      });
  shared->jobs++;
  if (other) other->jobs++;
  return promise;
}

Napi::Value NativeTrainer::stepCount(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&] {
    return Napi::Number::New(call.Env(), static_cast<double>(shared()->trainer.stepCount()));
  });
}

// The discriminator that the options of a step name, idle; null if they name none.
std::shared_ptr<SharedTrainer> NativeTrainer::discriminatorOf(const Napi::Object& options) const {
  if (options.Get("discriminator").IsUndefined()) return nullptr;
  NativeTrainer& discriminator =
      unwrapAs<NativeTrainer>(options.Get("discriminator"), "discriminator");
  if (discriminator.shared() == shared()) {
    throw CodedError("E_SHAPE", "a network cannot be its own discriminator");
  }
  discriminator.idle();
  return discriminator.shared();
}

Napi::Value NativeTrainer::reserve(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto shape = objectValue(call[0], "shape");
    const auto options = objectValue(call[1], "options");
    const auto side = [&](const char* name) {
      return static_cast<int>(integerBetween(shape.Get(name), 1, kMaxSide, name));
    };
    ReserveOptions wanted;
    wanted.lq = {side("batch"), shared()->trainer.graph().inputChannels(), side("height"),
                 side("width")};
    wanted.accumulate = countOr(1, 1, options.Get("accumulate"), "accumulate");
    wanted.measured = countOr(0, 0, options.Get("measured"), "measured");
    wanted.alignedTasks = countOr(0, 0, options.Get("alignedTasks"), "alignedTasks");
    const auto other = discriminatorOf(options);
    if (other) wanted.discriminator = &other->trainer;
    return run<size_t>(
        env, [wanted](Trainer& trainer) { return evensr::reserve(trainer, wanted); },
        [](Napi::Env e, size_t& bytes) { return Napi::Number::New(e, double(bytes)); }, other);
  });
}

Napi::Value NativeTrainer::step(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto batch = unwrapAs<NativeBatch>(call[0], "batch").data();
    const auto options = objectValue(call[1], "options");
    StepOptions step;
    step.learningRate = numberBetween(options.Get("learningRate"), 0, 1e6, "learningRate");
    step.sampleWeights = sampleWeights(options.Get("sampleWeights"));
    const Napi::Value severities = options.Get("severities");
    if (!severities.IsUndefined()) step.severities = float32Array(severities, "severities");
    step.accumulate = countOr(1, 1, options.Get("accumulate"), "accumulate");
    const Napi::Value after = options.Get("lossesAfter");
    step.lossesAfter = !after.IsUndefined() && booleanValue(after, "lossesAfter");
    const auto other = discriminatorOf(options);
    if (other) {
      step.discriminator = &other->trainer;
      step.discriminatorLearningRate = numberBetween(options.Get("discriminatorLearningRate"), 0,
                                                     1e6, "discriminatorLearningRate");
    }
    return run<StepOutcome>(
        env, [batch, step](Trainer& trainer) { return trainingStep(trainer, *batch, step); },
        stepResult, other);
  });
}

Napi::Value NativeTrainer::forward(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    auto lq = float32Array(call[0], "lq");
    const Shape shape = filledShape(call[1], lq, shared()->trainer.graph().inputChannels());
    return run<FloatArray>(
        env,
        [lq = std::move(lq), shape, weights = weightSet(call[2])](Trainer& trainer) {
          return trainer.forward(lq.data(), shape, weights);
        },
        [](Napi::Env e, FloatArray& sr) { return toFloat32Array(e, sr.data(), sr.size()); });
  });
}

Napi::Value NativeTrainer::forwardInto(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    auto lq = float32Array(call[0], "lq");
    const Graph& graph = shared()->trainer.graph();
    const Shape shape = filledShape(call[1], lq, graph.inputChannels());
    auto condition =
        call[3].IsUndefined() ? std::vector<float>() : float32Array(call[3], "condition");
    return run<bool>(
        env,
        [lq = std::move(lq), condition = std::move(condition), shape,
         tiles =
             placedTiles(call[2], graph.shapes(shape)[graph.outputTensor()])](Trainer& trainer) {
          const FloatArray sr = trainer.forward(lq.data(), shape, StateBlock::weights, condition);
          placeAll(tiles, sr.data(), teamLoop());
          return true;
        },
        [](Napi::Env e, bool&) { return e.Undefined(); });
  });
}

Napi::Value NativeTrainer::measure(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto batch = unwrapAs<NativeBatch>(call[0], "batch").data();
    const auto options = objectValue(call[1], "options");
    const int border =
        static_cast<int>(integerBetween(options.Get("border"), 0, kMaxSide, "border"));
    return run<BatchScores>(
        env,
        [batch, border, weights = weightSet(options.Get("weights"))](Trainer& trainer) {
          return trainer.measure(*batch, weights, border);
        },
        [](Napi::Env e, BatchScores& scores) {
          auto result = Napi::Object::New(e);
          result["psnrY"] = doubles(e, scores.psnrY);
          result["losses"] = doubles(e, scores.losses);
          return result;
        });
  });
}

Napi::Value NativeTrainer::alignments(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    const auto options = objectValue(call[0], "options");
    AlignmentOptions wanted;
    wanted.tasks = countOr(1, 1, options.Get("tasks"), "tasks");
    wanted.atOnce = countOr(1, 1, options.Get("atOnce"), "atOnce");
    wanted.training = taskSamples(options.Get("training"), wanted.tasks, "training");
    wanted.probes = taskSamples(options.Get("probes"), wanted.tasks, "probes");
    return run<Alignments>(
        env, [wanted](Trainer& trainer) { return evensr::alignments(trainer, wanted); },
        [](Napi::Env e, Alignments& found) {
          auto result = Napi::Object::New(e);
          result["dots"] = doubles(e, found.dots);
          result["stepNorms"] = doubles(e, found.stepNorms);
          result["gradientNorm"] = found.gradientNorm;
          return result;
        });
  });
}

Napi::Value NativeTrainer::takeProfile(const Napi::CallbackInfo& call) {
  return guarded(call.Env(), [&]() -> Napi::Value {
    auto result = Napi::Object::New(call.Env());
    for (const auto& [name, nanoseconds] : idle().takeProfile()) result[name] = nanoseconds;
    return result;
  });
}

// For tests: (input, shape, outputGradient) -> {output, inputGradient, parameterGradients}.
Napi::Value NativeTrainer::gradients(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  return guarded(env, [&] {
    auto input = float32Array(call[0], "input");
    const Shape shape = filledShape(call[1], input, shared()->trainer.graph().inputChannels());
    return run<Gradients>(
        env,
        [input = std::move(input), shape, outputGradient = float32Array(call[2], "outputGradient")](
            Trainer& trainer) { return trainer.gradients(input.data(), shape, outputGradient); },
        [](Napi::Env e, Gradients& gradients) {
          auto result = Napi::Object::New(e);
          result["output"] = toFloat32Array(e, gradients.output);
          result["inputGradient"] = toFloat32Array(e, gradients.inputGradient);
          result["parameterGradients"] = toFloat32Array(e, gradients.parameterGradients);
          return result;
        });
  });
}

// A job that still runs keeps the trainer alive until it ends.
void NativeTrainer::dispose(const Napi::CallbackInfo&) { shared_.reset(); }

}  // namespace evensr
