/**
 * The public API of evensr: degradation spaces, tasks and recipes; quotas; networks and their files;
 * photographs, training, scores and trained networks at work; the native core below them.
 */

export {
  Balancer,
  type BalancerOptions,
  type BalancerState,
  type TaskStatus,
} from './balance/balancer.ts';
export { type BalanceConfig, balanceDefaults } from './balance/config.ts';
export type { Constant, Constants } from './balance/constants.ts';
export { focalWeight } from './balance/focal.ts';
export { kpi } from './balance/kpi.ts';
export type { Measurement, Need } from './balance/needs.ts';
export { type Objective, objectives } from './balance/objective.ts';
export type {
  BalanceContext,
  BalanceRule,
  Decision,
  Measured,
  Observation,
  TaskMatrix,
} from './balance/rule.ts';
export { balanceRule, balanceRules } from './balance/rules/index.ts';
export { QuotaSampler, type SamplerState } from './balance/sampler.ts';
export { openPhotos, type PhotoSet } from './data/open.ts';
export type { PackPhotosOptions } from './data/pack.ts';
export {
  type Degraded,
  type DegradedImage,
  Degrader,
  type DegraderOptions,
  stackPlanes,
} from './dataset/degrader.ts';
export type { GtImage, PlanarImage } from './dataset/gt-image.ts';
export { type Axis, axes } from './degradation/axes.ts';
export {
  type Boundaries,
  defaultBoundaries,
  defaultBoundariesOf,
} from './degradation/boundaries.ts';
export { type CompatBatchOptions, sampleCompatBatch } from './degradation/compat.ts';
export { packRecipes, unpackRecipe } from './degradation/pack.ts';
export type {
  BlurOperation,
  ClampOperation,
  InjectOperation,
  IspOperation,
  JpegOperation,
  NoiseOperation,
  Operation,
  Recipe,
  ResizeOperation,
} from './degradation/recipe.ts';
export { type Bound, boundText, isInTask, type Task } from './degradation/region.ts';
export { type SampleOptions, sampleRecipe, sampleRecipes } from './degradation/sample.ts';
export {
  type DegradationSpace,
  defineSpace,
  type Overrides,
  realEsrganSpace,
  type SpaceName,
  type SpaceNamed,
  spaceNames,
} from './degradation/space.ts';
export type { BsrganSpace } from './degradation/spaces/bsrgan.ts';
export type { BsrganPlusSpace } from './degradation/spaces/bsrgan-plus.ts';
export type { ClassicSpace } from './degradation/spaces/classic.ts';
export type { FinalSpace, RealEsrganSpace, StageSpace } from './degradation/spaces/real-esrgan.ts';
export type { KernelBankInfo, NoiseBankInfo, RealSrSpace } from './degradation/spaces/realsr.ts';
export { defineTasks, taskOf } from './degradation/task.ts';
export { EvensrError, type ExitCode, exitCodes } from './errors.ts';
export {
  type Evaluation,
  evaluateFrozen,
  evaluatePairs,
  type FrozenOptions,
} from './evaluate/evaluate.ts';
export { findPairs } from './evaluate/pairs.ts';
export {
  type DegradationSource,
  type Degradations,
  degradationsOf,
  openDegradations,
  sourceNamed,
} from './evaluate/setup.ts';
export type { PictureInfo, PictureMetadata, RowReader, Rows, RowWriter } from './image/picture.ts';
export { onnxOf, safetensorsOf, torchOf } from './infer/export.ts';
export { type Model, type ModelInfo, modelOf, openModel } from './infer/model.ts';
export { type OpenUpscalerOptions, openUpscaler } from './infer/open-upscaler.ts';
export type { PictureUpscaler, UpscaleOptions } from './infer/picture-upscaler.ts';
export type { RgbImage } from './infer/pixels.ts';
export { upscaleImage, upscaleWith } from './infer/upscale.ts';
export { readWeights, type Weights, type WeightsOrigin } from './infer/weights.ts';
export {
  type CropRequest,
  type ImageScores,
  type NativeAddon,
  type NativeBatch,
  type NativeInfo,
  type NativePack,
  type NativeTrainer,
  native,
  type Precision,
  type StateBlock,
  type StepResult,
  type SynthesizeOptions,
  type TensorInfo,
  type TrainerOptions,
  type WeightSet,
} from './native.ts';
export { buildNetwork, type NetworkConfig } from './network/build.ts';
export { decodeNcnn, type NcnnContent } from './network/files/ncnn-networks.ts';
export { decodeTorch, type TorchContent, type TorchState } from './network/files/torch-read.ts';
export { encodeTorch } from './network/files/torch-write.ts';
export { initialWeights } from './network/init.ts';
export { macsPerPixel } from './network/macs.ts';
export { networkToOnnx } from './network/onnx.ts';
export { decodeSafetensors, encodeSafetensors, type Tensor } from './network/safetensors.ts';
export { type NetworkSpec, parameterCount } from './network/spec.ts';
export { philox4x32, Random, streams, type Words2, type Words4 } from './rng.ts';
export { loadConfig, parseConfig, type TrainConfig } from './train/config.ts';
export { ConfigError, type ConfigProblem } from './train/config-problem.ts';
export { CropDrawer, type CropOptions, type CropSource } from './train/crops.ts';
export type {
  Progress,
  SpecialistProgress,
  TaskProgress,
  TrainObserver,
} from './train/observer.ts';
export { learningRateAt, type Schedule } from './train/schedule.ts';
export { type Control, uninterrupted } from './train/signals.ts';
export { runTraining, type TrainOptions, type TrainSummary } from './train/train.ts';
