#include "nn/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <utility>

#include "error.h"
#include "nn/score.h"

namespace evensr {
namespace {

AdamFactors adamFactors(const TrainerOptions& o, double learningRate, int64_t count) {
  const double step = static_cast<double>(count);
  AdamFactors f;
  f.beta1 = static_cast<float>(o.beta1);
  f.oneMinusBeta1 = static_cast<float>(1 - o.beta1);
  f.beta2 = static_cast<float>(o.beta2);
  f.oneMinusBeta2 = static_cast<float>(1 - o.beta2);
  f.epsilon = static_cast<float>(o.epsilon);
  f.stepSize = static_cast<float>(learningRate / (1 - std::pow(o.beta1, step)));
  f.secondMomentRoot = static_cast<float>(std::sqrt(1 - std::pow(o.beta2, step)));
  f.decay = static_cast<float>(1 - learningRate * o.weightDecay);
  f.ema = static_cast<float>(o.emaDecay);
  f.oneMinusEma = static_cast<float>(1 - o.emaDecay);
  return f;
}

void expectOutputOf(const BatchPart& part, const Plan& run, bool isFeatureExtractor) {
  if (isFeatureExtractor) {
    throw CodedError("E_SHAPE", "the network has several results, none of which can be gt");
  }
  const Shape &output = run.output().shape, lq = part.lqShape(), gt = part.gtShape();
  if (output == gt) return;
  throw CodedError("E_SHAPE", "for lq of " + std::to_string(lq.h) + "x" + std::to_string(lq.w) +
                                  " the network makes " + std::to_string(output.c) +
                                  " channels of " + std::to_string(output.h) + "x" +
                                  std::to_string(output.w) + ", but gt has 3 of " +
                                  std::to_string(gt.h) + "x" + std::to_string(gt.w));
}

}  // namespace

Trainer::Trainer(const NetworkSpec& spec, const TrainerOptions& options,
                 std::unique_ptr<NetworkBackend> backend, const std::vector<float>& weights,
                 const std::vector<float>& buffers,
                 const std::optional<PerceptualOptions>& perceptual)
    : graph_(spec),
      options_(options),
      backend_(std::move(backend)),
      effective_(graph_, *backend_),
      plans_(graph_, *backend_) {
  const size_t bytes = graph_.parameterCount() * sizeof(float);
  try {
    allocateState(bytes);
  } catch (const std::bad_alloc&) {
    const size_t blocks = options.inference ? 1 : state_.size() + 1;
    throw CodedError("E_MEMORY", "a network of " + std::to_string(graph_.parameterCount()) +
                                     " parameters needs " + std::to_string(blocks * bytes >> 20) +
                                     " MiB for its state");
  }
  setState(StateBlock::weights, weights);
  setBuffers(buffers);
  if (options.inference) return;
  setState(StateBlock::ema, weights);
  const std::vector<float> zeros(graph_.parameterCount());
  setState(StateBlock::m, zeros);
  setState(StateBlock::v, zeros);
  if (!perceptual) return;
  perceptual_ = std::make_unique<PerceptualLoss>(
      perceptual->features, *backend_, perceptual->weights, perceptual->layerWeights, judging_);
  perceptual_->watch(profile());
}

void Trainer::allocateState(size_t bytes) {
  const size_t blocks = options_.inference ? 1 : state_.size();
  for (size_t i = 0; i < blocks; i++) state_[i] = backend_->allocate(bytes);
  if (!options_.inference) gradient_ = backend_->allocate(bytes);
}

float* Trainer::dataOf(const std::unique_ptr<DeviceMemory>& memory) const {
  if (memory) return static_cast<float*>(memory->data());
  throw CodedError("E_NETWORK", "this network was made for inference and cannot be trained");
}

Plan& Trainer::plan(const Shape& shape, const PlanOptions& options, StateBlock weights, Pass pass) {
  if (shape.c != graph_.inputChannels()) {
    throw CodedError("E_SHAPE", "the network takes " + std::to_string(graph_.inputChannels()) +
                                    " channels, not " + std::to_string(shape.c));
  }
  if (pass == Pass::next) {
    const Stopwatch watch(effective_.areNeeded() ? profile() : nullptr, "spectralNorm");
    parameters_ = effective_.update(block(weights), options.backward);
    // Of a training network they change with every pass.
    if (effective_.areNeeded()) version_++;
  }
  Plan& run =
      plans_.get(shape, options,
                 {parameters_,
                  options.backward && options.parameterGradients ? gradient() : nullptr, version_});
  run.watch(profile());
  return run;
}

Plan& Trainer::planFor(const BatchPart& part, const PlanOptions& options, StateBlock weights,
                       Pass pass) {
  Plan& run = plan(part.lqShape(), options, weights, pass);
  expectOutputOf(part, run, graph_.isFeatureExtractor());
  backend_->fromPlanar(part.lq(), run.input());
  return run;
}

Activation Trainer::flat(DeviceMemory& memory) const {
  return {{1, 1, 1, static_cast<int>(graph_.parameterCount())}, memory.data(), 0};
}

Activation Trainer::scratch(Scratch slot, size_t place, const Shape& shape) {
  std::vector<ScratchMemory>& places = scratch_[static_cast<size_t>(slot)];
  if (places.size() <= place) places.resize(place + 1);
  ScratchMemory& kept = places[place];
  const size_t bytes = backend_->activationBytes(shape);
  if (kept.bytes < bytes) {
    kept = {};  // before the new one is made: its memory may be needed
    kept = {backend_->allocate(bytes), bytes};
  }
  return {shape, kept.memory->data(), 0};
}

void Trainer::finishGradient() {
  const Stopwatch watch(effective_.areNeeded() ? profile() : nullptr, "spectralNorm");
  effective_.backward(gradient());
}

Profile Trainer::takeProfile() {
  Profile taken = std::exchange(profile_, {});
  for (const auto& [name, nanoseconds] : backend_->takeSections()) taken[name] += nanoseconds;
  return taken;
}

void Trainer::reserveGradientSum() {
  if (!gradientSum_) gradientSum_ = backend_->allocate(graph_.parameterCount() * sizeof(float));
}

float* Trainer::alignmentBlocks(int count) {
  reserveGradientSum();
  if (alignmentCount_ < count) {
    alignment_.reset();  // before the new one is made: its memory may be needed
    alignmentCount_ = 0;
    alignment_ = backend_->allocate(count * graph_.parameterCount() * sizeof(float));
    alignmentCount_ = count;
  }
  return static_cast<float*>(alignment_->data());
}

void Trainer::adamDirection(float* direction) {
  const int64_t count = std::max<int64_t>(stepCount_, 1);  // without a step all moments are 0
  backend_->adamDirection(adamFactors(options_, 0, count), gradient(), block(StateBlock::v),
                          direction, graph_.parameterCount());
}

void Trainer::sumGradients(int index, int count) {
  if (count == 1) return;
  reserveGradientSum();
  const Activation gradient = flat(*gradient_), sum = flat(*gradientSum_);
  if (index == 0) return backend_->scale(gradient, 1, sum);
  backend_->add(gradient, sum, 1, index == count - 1 ? gradient : sum);
}

AdamBlocks Trainer::adamBlocks() {
  return {gradient(), block(StateBlock::weights), block(StateBlock::m), block(StateBlock::v),
          block(StateBlock::ema)};
}

std::string Trainer::checkUpdate(double learningRate, double& norm) {
  const Stopwatch watch(profile(), "optimizer");
  const std::vector<double> norms = backend_->squaredNorms(gradient(), graph_.ranges());
  double sum = 0;
  for (const double squared : norms) sum += squared;
  norm = std::sqrt(sum);
  for (size_t i = 0; i < norms.size(); i++) {
    if (!std::isfinite(norms[i])) return "gradient of " + graph_.parameters()[i].name;
  }
  if (options_.clipNorm > 0 && norm > options_.clipNorm) {
    backend_->scale(flat(*gradient_), static_cast<float>(options_.clipNorm / norm),
                    flat(*gradient_));
  }
  const int unsafe = backend_->firstUnsafeTensor(
      adamFactors(options_, learningRate, stepCount_ + 1), adamBlocks(), graph_.ranges());
  return unsafe >= 0 ? "update of " + graph_.parameters()[unsafe].name : "";
}

void Trainer::update(double learningRate) {
  const Stopwatch watch(profile(), "optimizer");
  backend_->adam(adamFactors(options_, learningRate, stepCount_ + 1), adamBlocks(),
                 graph_.parameterCount());
  version_++;
  stepCount_++;
}

void Trainer::expectCondition(const Shape& shape, size_t count) const {
  if (graph_.conditionTensor() < 0) {
    throw CodedError("E_NETWORK", "this network has no condition that could be given");
  }
  const size_t wanted = graph_.shapes(shape)[graph_.conditionTensor()].elements();
  if (count == wanted) return;
  throw CodedError("E_SHAPE", "the condition of " + std::to_string(shape.n) + " images has " +
                                  std::to_string(wanted) + " values, not " + std::to_string(count));
}

FloatArray Trainer::forward(const float* lq, const Shape& shape, StateBlock weights,
                            const std::vector<float>& condition) {
  const Stopwatch watch(profile(), "whole");
  backend_->makeCurrent();
  PlanOptions options;
  options.givenCondition = !condition.empty();
  if (options.givenCondition) expectCondition(shape, condition.size());
  Plan& run = plan(shape, options, weights);
  backend_->fromPlanar(lq, run.input());
  if (options.givenCondition) backend_->fromPlanar(condition.data(), run.condition());
  run.forward();
  FloatArray sr(run.output().shape.elements());
  backend_->toPlanar(run.output(), sr.data());
  return sr;
}

BatchScores Trainer::measure(const BatchData& batch, StateBlock weights, int border) {
  if (2 * border >= batch.gtHeight || 2 * border >= batch.gtWidth) {
    throw CodedError("E_SHAPE", "a border of " + std::to_string(border) + " leaves nothing of " +
                                    std::to_string(batch.gtHeight) + "x" +
                                    std::to_string(batch.gtWidth) + " pixels");
  }
  backend_->makeCurrent();
  Plan& run = planFor(BatchPart(batch), {}, weights);
  run.forward();
  BatchScores scores;
  scores.losses.resize(batch.batch);
  backend_->loss({options_.loss,
                  static_cast<float>(options_.lossEpsilon),
                  run.output(),
                  batch.gt.data(),
                  nullptr,
                  scores.losses.data(),
                  {}});
  FloatArray sr(run.output().shape.elements());
  backend_->toPlanar(run.output(), sr.data());
  const size_t image = sr.size() / batch.batch;
  for (int i = 0; i < batch.batch; i++) {
    // 8-bit values cannot show that the network made NaN.
    scores.psnrY.push_back(std::isfinite(scores.losses[i])
                               ? psnrY(sr.data() + i * image, batch.gt.data() + i * image,
                                       batch.gtHeight, batch.gtWidth, border)
                               : std::numeric_limits<double>::quiet_NaN());
  }
  return scores;
}

Gradients Trainer::gradients(const float* input, const Shape& shape,
                             const std::vector<float>& outputGradient) {
  backend_->makeCurrent();
  Plan& run = plan(shape, {true, true}, StateBlock::weights);
  size_t count = 0;
  for (const Activation& output : run.outputs()) count += output.shape.elements();
  if (outputGradient.size() != count) {
    throw CodedError("E_SHAPE", "the gradient does not have the shape of the output");
  }
  Gradients result;
  backend_->fromPlanar(input, run.input());
  run.forward();
  result.output.resize(count);
  size_t offset = 0;
  for (size_t i = 0; i < run.outputs().size(); i++) {
    backend_->toPlanar(run.outputs()[i], result.output.data() + offset);
    backend_->fromPlanar(outputGradient.data() + offset, run.outputGradients()[i]);
    offset += run.outputs()[i].shape.elements();
  }
  run.backward();
  effective_.backward(gradient());
  result.inputGradient.resize(shape.elements());
  backend_->toPlanar(run.inputGradient(), result.inputGradient.data());
  result.parameterGradients.resize(graph_.parameterCount());
  backend_->download(gradient(), result.parameterGradients.data(), graph_.parameterCount());
  return result;
}

std::vector<float> Trainer::getState(StateBlock id) {
  std::vector<float> values(graph_.parameterCount());
  backend_->download(block(id), values.data(), values.size());
  return values;
}

void Trainer::setState(StateBlock id, const std::vector<float>& values) {
  if (values.size() != graph_.parameterCount()) {
    throw CodedError("E_SHAPE", "the network has " + std::to_string(graph_.parameterCount()) +
                                    " parameters, not " + std::to_string(values.size()));
  }
  backend_->upload(values.data(), block(id), values.size());
  version_++;
}

std::vector<float> Trainer::getBuffers() {
  std::vector<float> values(graph_.bufferCount());
  if (!values.empty()) backend_->download(effective_.buffers(), values.data(), values.size());
  return values;
}

void Trainer::setBuffers(const std::vector<float>& values) {
  if (values.size() != graph_.bufferCount()) {
    throw CodedError("E_SHAPE", "the network has " + std::to_string(graph_.bufferCount()) +
                                    " values in buffers, not " + std::to_string(values.size()));
  }
  if (!values.empty()) backend_->upload(values.data(), effective_.buffers(), values.size());
}

}  // namespace evensr
