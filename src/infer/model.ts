/** A trained network ready to run. */
import { createHash } from 'node:crypto';
import {
  type CanvasPlacement,
  type NativeTrainer,
  native,
  type Precision,
  type WeightSet,
} from '../native.ts';
import { statisticsNetwork, statisticsReach } from '../network/conditioner.ts';
import { inputMultiple } from '../network/sizes.ts';
import { elements, type NetworkSpec, parameterCount, parameterOffsets } from '../network/spec.ts';
import type { Warn } from '../train/checkpoint-folder.ts';
import { activationBytes } from './activation-memory.ts';
import type { ConditionEngine } from './picture-condition.ts';
import { receptiveRadius } from './receptive-field.ts';
import { readWeights, type Weights, type WeightsInfo } from './weights.ts';

export interface ModelInfo extends WeightsInfo {
  parameters: number;
}

export interface Model {
  info: ModelInfo;
  scale: number;
  /** Input pixels around a tile that make its result exact. */
  halo: number;
  /** Of what the sides of its input must be multiples. */
  multiple: number;
  /** lq (B, 3, h, w) -> sr (B, 3, s h, s w), not clamped. */
  forward(
    lq: Float32Array,
    shape: { batch: number; height: number; width: number },
  ): Promise<Float32Array>;
  /** Of a network that goes by statistics of whole pictures: takes them. */
  condition: ConditionEngine | undefined;
  /** The same, each result added to a canvas; with `condition` by that in place of each lq's own. */
  forwardInto(
    lq: Float32Array,
    shape: { batch: number; height: number; width: number },
    placements: readonly CanvasPlacement[],
    condition?: Float32Array,
  ): Promise<void>;
  /** Bytes of activations for each lq pixel. */
  activationBytes: number;
  /** Of its convolutions: results in bfloat16 are others. */
  precision: Precision;
  /** SHA-256 of the weights. */
  weightsHash: string;
  dispose(): void;
}

function inferenceTrainer(
  spec: NetworkSpec,
  weights: Float32Array,
  { threads, precision, device }: { threads: number; precision: Precision; device: string },
): NativeTrainer {
  return native.createTrainer({
    spec: JSON.stringify(spec),
    weights,
    device,
    threads,
    precision,
    loss: { type: 'l1', epsilon: 1e-3 },
    optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
    emaDecay: 0,
    inference: true,
  });
}

type OwnedCondition = ConditionEngine & { dispose: () => void };

/** Takes the statistics that the network goes by; nothing for most networks. */
function conditionEngine({ spec, values }: Weights, threads: number): OwnedCondition | undefined {
  if (spec.condition === undefined) return undefined;
  const own = statisticsNetwork(spec);
  const weights = new Float32Array(parameterCount(own));
  const offsets = parameterOffsets(spec);
  let to = 0;
  for (const { name, shape } of own.parameters) {
    const from = offsets.get(name) as number;
    weights.set(values.subarray(from, from + elements(shape)), to);
    to += elements(shape);
  }
  const trainer = inferenceTrainer(own, weights, { threads, precision: 'float32', device: 'cpu' });
  const reach = statisticsReach;
  return {
    reach,
    measure: (planes, { height, width }) => {
      const shape = { batch: 1, height: height + 2 * reach, width: width + 2 * reach };
      return trainer.forward(planes, shape, 'params');
    },
    dispose: () => trainer.dispose(),
  };
}

/**
 * Makes weights ready to run on `threads` threads; 0 means all CPUs. The caller disposes it.
 * @param options precision: what convolutions multiply in; their sums and all else are float32. device: as
 * TrainerOptions has it
 */
export function modelOf(
  all: Weights,
  threads: number,
  { precision = 'float32', device = 'cpu' }: { precision?: Precision; device?: string } = {},
): Model {
  const { info, spec, values } = all;
  const trainer = inferenceTrainer(spec, values, { threads, precision, device });
  const condition = conditionEngine(all, threads);
  return {
    info: { ...info, parameters: values.length },
    scale: spec.scale,
    halo: receptiveRadius(spec),
    multiple: inputMultiple(spec),
    forward: (lq, shape) => trainer.forward(lq, shape, 'params'),
    condition,
    forwardInto: (lq, shape, placements, given) =>
      trainer.forwardInto(lq, shape, placements, given),
    activationBytes: activationBytes(spec),
    precision,
    weightsHash: createHash('sha256').update(values).digest('hex'),
    dispose: () => {
      trainer.dispose();
      condition?.dispose();
    },
  };
}

/** Opens the network at `path`, a run folder, checkpoint or file of weights. Throws as readWeights. */
export async function openModel(
  path: string,
  options: {
    weights: WeightSet;
    threads: number;
    precision?: Precision;
    device?: string;
    warn: Warn;
  },
): Promise<Model> {
  const weights = await readWeights(path, options.weights, options.warn);
  return modelOf(weights, options.threads, options);
}
