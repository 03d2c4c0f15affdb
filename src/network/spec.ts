/**
 * A network, described once: this graph trains and runs natively and becomes an ONNX file.
 *
 * Plain JSON. Nodes are in execution order; every node makes one tensor, called by the node's name.
 * Parameters are in the order and under the names of the field's state dicts (`body.0.weight`).
 */
import { EvensrError, exitCodes } from '../errors.ts';

/** What each operator needs beside its inputs and parameters. Tensors are (B, C, H, W). */
export interface OpAttributes {
  /** Zero padding on every side. Parameters: weight (O, I, k, k), then bias (O) if any. */
  conv2d: { padding: number; stride: number };
  /** max(x, 0) + a min(x, 0) with one a per channel. Parameter: a (C). */
  prelu: Record<string, never>;
  relu: Record<string, never>;
  leakyRelu: { slope: number };
  /** First input + scale x second input. */
  add: { scale: number };
  /** scale[c] x + shift[c]: constants, one a channel. */
  affine: { scale: number[]; shift: number[] };
  /** Any number of inputs of one size, the channels of the first first. */
  concat: Record<string, never>;
  /** Of each channel mean |x|, then sqrt(mean x^2), over all pixels: (B, 2 C, 1, 1), the means first. */
  globalStatistics: Record<string, never>;
  /** (1 + s[c]) x + t[c]; the second input (B, 2 C, 1, 1) holds each sample's s, then its t. */
  modulate: Record<string, never>;
  /** out[c, f y + dy, f x + dx] = in[c f^2 + dy f + dx, y, x], f the factor (as torch PixelShuffle). */
  pixelShuffle: { factor: number };
  /** Its inverse (torch PixelUnshuffle); height and width must be multiples of the factor. */
  pixelUnshuffle: { factor: number };
  /** Largest value of each size x size window; what is outside of the image does not count. */
  maxPool: { size: number; stride: number; padding: number };
  upsampleNearest: { factor: number };
  /** Half-pixel centres, borders repeated (torch: align_corners false). */
  upsampleBilinear: { factor: number };
}

export type OpName = keyof OpAttributes;

export interface NodeOf<Op extends OpName> {
  name: string;
  op: Op;
  /** Names of earlier nodes, or `input`. */
  inputs: string[];
  /** Names of parameters, in the operator's order. */
  parameters: string[];
  attributes: OpAttributes[Op];
}

export type NodeSpec = { [Op in OpName]: NodeOf<Op> }[OpName];

/**
 * How a parameter starts: U(-bound, bound), N(0, std^2) or one value. With `zeroSum` the mean of every so many
 * values in a row is taken off them.
 */
export type InitSpec =
  | { kind: 'uniform'; bound: number }
  | { kind: 'normal'; std: number; zeroSum?: number }
  | { kind: 'constant'; value: number };

export interface ParameterSpec {
  name: string;
  shape: number[];
  init: InitSpec;
  /**
   * The network computes with W / (u^T W v), W the parameter as a matrix of one row an output channel.
   * u and v are the network's buffers of these names; each forward pass of training moves them one
   * power iteration on (torch.nn.utils.spectral_norm).
   */
  spectralNorm?: { u: string; v: string };
}

/** State that is no parameter, a vector of norm 1. */
export interface BufferSpec {
  name: string;
  shape: [number];
}

export interface NetworkSpec {
  /** Name of the architecture, for metadata: `srvgg`, `rrdbnet`. */
  architecture: string;
  /** Output size / input size; of feature extractors less than 1, 0 where the output is one pixel. */
  scale: number;
  /** Channels of the tensor `input`. */
  inputChannels: number;
  /** Name of the node that is the result. */
  output: string;
  /** Of a feature extractor: all nodes that are results, in their order; `output` is the last. */
  features?: string[];
  /** The node that says of the whole picture what the others go by: statistics, (B, K, 1, 1). */
  condition?: string;
  /** The node that estimates severities, (B, K, 1, 1), from the condition; only training asks for it. */
  estimate?: string;
  parameters: ParameterSpec[];
  nodes: NodeSpec[];
}

/** The name of the network's input tensor. */
export const inputName = 'input';

/** How convolutions start: `reference` as the original code does, `he` He-normal (see convInit). */
export type InitStyle = 'reference' | 'he';

/** Number of elements of a shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The buffers of a network, u and v of each spectrally normalised parameter. */
export function buffersOf(spec: NetworkSpec): BufferSpec[] {
  return spec.parameters.flatMap(({ shape, spectralNorm }): BufferSpec[] => {
    if (!spectralNorm) return [];
    const [rows = 0, ...rest] = shape;
    return [
      { name: spectralNorm.u, shape: [rows] },
      { name: spectralNorm.v, shape: [elements(rest)] },
    ];
  });
}

/** Number of trainable values of a network. */
export function parameterCount(spec: NetworkSpec): number {
  return spec.parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
}

/** Where each parameter begins in a block of all of them. */
export function parameterOffsets(spec: NetworkSpec): Map<string, number> {
  let offset = 0;
  return new Map(
    spec.parameters.map(({ name, shape }) => {
      const own = offset;
      offset += elements(shape);
      return [name, own];
    }),
  );
}

/** Throws E_CONFIG unless `value` is an integer from `least` on; `name` is said in the message. */
export function requireCount(name: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new EvensrError(
    'E_CONFIG',
    exitCodes.usage,
    `${name} must be an integer >= ${least}, not ${value}`,
  );
}
