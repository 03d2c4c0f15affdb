/** Builds a NetworkSpec node by node; every method returns the name of the tensor it makes. */
import { tensorSizes } from './sizes.ts';
import {
  type InitSpec,
  inputName,
  type NetworkSpec,
  type NodeSpec,
  type OpAttributes,
  type OpName,
  type ParameterSpec,
} from './spec.ts';

/** How the weight and the bias of a convolution start. */
export interface ConvInit {
  weight: (fanIn: number) => InitSpec;
  bias: (fanIn: number) => InitSpec;
}

const zero: InitSpec = { kind: 'constant', value: 0 };

function heNormal(factor: number): ConvInit {
  return {
    weight: (fanIn) => ({ kind: 'normal', std: Math.sqrt(2 / fanIn) * factor }),
    bias: () => zero,
  };
}

function torchDefault(fanIn: number): InitSpec {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

/** First values of the convolutions, by where they come from. */
export const convInit = {
  /** PyTorch's default: weight and bias U(-1/sqrt(fan_in), 1/sqrt(fan_in)). */
  torch: { weight: torchDefault, bias: torchDefault },
  /** BasicSR's default_init_weights(scale 0.1): N(0, 2/fan_in) x 0.1, bias 0. */
  kaimingTenth: heNormal(0.1),
  /** He et al. 2015, "Delving deep into rectifiers", eq. 10 (fan_in), bias 0. */
  he: heNormal(1),
  /** The same x 0.1: for the last layer, so that training starts at the upsampled input. */
  heTenth: heNormal(0.1),
  /** All 0, for layers that add nothing at first. */
  nothing: { weight: () => zero, bias: () => zero },
} satisfies Record<string, ConvInit>;

/** PyTorch's default slope. */
const preluStart: InitSpec = { kind: 'constant', value: 0.25 };

/** What a convolution is unless said otherwise: 3x3, padding 1, stride 1, with a bias. */
export interface ConvOptions {
  kernel?: number;
  padding?: number;
  stride?: number;
  bias?: boolean;
  spectralNorm?: boolean;
}

/** Keeps track of channels, so that every node's parameters get their shapes. */
export class GraphBuilder {
  readonly #nodes: NodeSpec[] = [];
  readonly #parameters: ParameterSpec[] = [];
  readonly #channels = new Map<string, number>();
  readonly #inputChannels: number;

  constructor(inputChannels: number) {
    this.#inputChannels = inputChannels;
    this.#channels.set(inputName, inputChannels);
  }

  /**
   * Convolution with zero padding; state-dict names `name.weight`, `name.bias`, or with spectral norm
   * `name.weight_orig`, `name.weight_u`, `name.weight_v`.
   */
  conv(
    name: string,
    input: string,
    outChannels: number,
    init: ConvInit,
    options: ConvOptions = {},
  ): string {
    const { kernel = 3, padding = 1, stride = 1, bias = true, spectralNorm = false } = options;
    const inChannels = this.#channelsOf(input);
    const fanIn = inChannels * kernel ** 2;
    const shape = [outChannels, inChannels, kernel, kernel];
    const weight = spectralNorm
      ? this.#parameter(`${name}.weight_orig`, shape, init.weight(fanIn), {
          spectralNorm: { u: `${name}.weight_u`, v: `${name}.weight_v` },
        })
      : this.#parameter(`${name}.weight`, shape, init.weight(fanIn));
    const parameters = [weight];
    if (bias) parameters.push(this.#parameter(`${name}.bias`, [outChannels], init.bias(fanIn)));
    const attributes = { padding, stride };
    return this.#node(name, 'conv2d', [input], attributes, outChannels, parameters);
  }

  /** One learnt slope a channel, 0.25 at first; state-dict name `name.weight`. */
  prelu(name: string, input: string): string {
    const channels = this.#channelsOf(input);
    const slope = this.#parameter(`${name}.weight`, [channels], preluStart);
    return this.#node(name, 'prelu', [input], {}, channels, [slope]);
  }

  relu(name: string, input: string): string {
    return this.#node(name, 'relu', [input], {}, this.#channelsOf(input));
  }

  leakyRelu(name: string, input: string, slope: number): string {
    return this.#node(name, 'leakyRelu', [input], { slope }, this.#channelsOf(input));
  }

  /** a + scale b. */
  add(name: string, a: string, b: string, scale = 1): string {
    return this.#node(name, 'add', [a, b], { scale }, this.#channelsOf(a));
  }

  /** scale[c] x + shift[c], one of each a channel; never trained. */
  affine(name: string, input: string, attributes: OpAttributes['affine']): string {
    return this.#node(name, 'affine', [input], attributes, this.#channelsOf(input));
  }

  /** The channels of all inputs, one after the other. */
  concat(name: string, inputs: readonly string[]): string {
    const channels = inputs.reduce((sum, input) => sum + this.#channelsOf(input), 0);
    return this.#node(name, 'concat', [...inputs], {}, channels);
  }

  /** Mean |x| of all channels, then their root mean squares: (2 C, 1, 1). */
  globalStatistics(name: string, input: string): string {
    return this.#node(name, 'globalStatistics', [input], {}, 2 * this.#channelsOf(input));
  }

  /** (1 + s) x + t with s and t, (2 C, 1, 1), of the picture. */
  modulate(name: string, input: string, change: string): string {
    return this.#node(name, 'modulate', [input, change], {}, this.#channelsOf(input));
  }

  /** (factor^2 C, H, W) to (C, factor H, factor W). */
  pixelShuffle(name: string, input: string, factor: number): string {
    const channels = this.#channelsOf(input) / factor ** 2;
    return this.#node(name, 'pixelShuffle', [input], { factor }, channels);
  }

  /** (C, factor H, factor W) to (factor^2 C, H, W). */
  pixelUnshuffle(name: string, input: string, factor: number): string {
    const channels = this.#channelsOf(input) * factor ** 2;
    return this.#node(name, 'pixelUnshuffle', [input], { factor }, channels);
  }

  /** size x size windows, that touch unless said otherwise. */
  maxPool(name: string, input: string, size: number, { stride = size, padding = 0 } = {}): string {
    const attributes = { size, stride, padding };
    return this.#node(name, 'maxPool', [input], attributes, this.#channelsOf(input));
  }

  /** By an integer factor. */
  upsample(name: string, input: string, factor: number, mode: 'nearest' | 'bilinear'): string {
    const op = mode === 'nearest' ? 'upsampleNearest' : 'upsampleBilinear';
    return this.#node(name, op, [input], { factor }, this.#channelsOf(input));
  }

  /** The finished network; `output` is the node that is its result, `scale` times the input's size. */
  build(architecture: string, scale: number, output: string): NetworkSpec {
    return {
      architecture,
      scale,
      inputChannels: this.#inputChannels,
      output,
      parameters: this.#parameters,
      nodes: this.#nodes,
    };
  }

  /** The finished feature extractor: its results are `features`, in the order of their nodes. */
  buildFeatures(architecture: string, features: string[]): NetworkSpec {
    const output = features.at(-1) as string;
    const spec = { ...this.build(architecture, 1, output), features };
    return { ...spec, scale: tensorSizes(spec).get(output)?.factor ?? 1 };
  }

  #channelsOf(name: string): number {
    const channels = this.#channels.get(name);
    if (channels === undefined) throw new Error(`no node ${name}`);
    return channels;
  }

  #parameter(
    name: string,
    shape: number[],
    init: InitSpec,
    more: Pick<ParameterSpec, 'spectralNorm'> = {},
  ): string {
    this.#parameters.push({ name, shape, init, ...more });
    return name;
  }

  #node<Op extends OpName>(
    name: string,
    op: Op,
    inputs: string[],
    attributes: OpAttributes[Op],
    channels: number,
    parameters: string[] = [],
  ): string {
    if (this.#channels.has(name)) throw new Error(`two nodes ${name}`);
    this.#nodes.push({ name, op, inputs, parameters, attributes } as NodeSpec);
    this.#channels.set(name, channels);
    return name;
  }
}
