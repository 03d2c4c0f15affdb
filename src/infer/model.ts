/** A trained network ready to run. */
import { createHash } from 'node:crypto';
import {
  type CanvasPlacement,
  type NativeTrainer,
  native,
  type Precision,
  type WeightSet,
} from '../native.ts';
import { inputMultiple } from '../network/sizes.ts';
import type { NetworkSpec } from '../network/spec.ts';
import type { Warn } from '../train/checkpoint-folder.ts';
import { activationBytes } from './activation-memory.ts';
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
  /** The same, each result added to a canvas. */
  forwardInto(
    lq: Float32Array,
    shape: { batch: number; height: number; width: number },
    placements: readonly CanvasPlacement[],
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
  { threads, precision }: { threads: number; precision: Precision },
): NativeTrainer {
  return native.createTrainer({
    spec: JSON.stringify(spec),
    weights,
    device: 'cpu',
    threads,
    precision,
    loss: { type: 'l1', epsilon: 1e-3 },
    optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
    emaDecay: 0,
    inference: true,
  });
}

/**
 * Makes weights ready to run on `threads` threads; 0 means all CPUs. The caller disposes it.
 * @param precision what convolutions multiply in; their sums and all else are float32
 */
export function modelOf(
  { info, spec, values }: Weights,
  threads: number,
  precision: Precision = 'float32',
): Model {
  const trainer = inferenceTrainer(spec, values, { threads, precision });
  return {
    info: { ...info, parameters: values.length },
    scale: spec.scale,
    halo: receptiveRadius(spec),
    multiple: inputMultiple(spec),
    forward: (lq, shape) => trainer.forward(lq, shape, 'params'),
    forwardInto: (lq, shape, placements) => trainer.forwardInto(lq, shape, placements),
    activationBytes: activationBytes(spec),
    precision,
    weightsHash: createHash('sha256').update(values).digest('hex'),
    dispose: () => trainer.dispose(),
  };
}

/** Opens the network at `path`, a run folder, checkpoint or file of weights. Throws as readWeights. */
export async function openModel(
  path: string,
  options: { weights: WeightSet; threads: number; precision?: Precision; warn: Warn },
): Promise<Model> {
  const weights = await readWeights(path, options.weights, options.warn);
  return modelOf(weights, options.threads, options.precision);
}
