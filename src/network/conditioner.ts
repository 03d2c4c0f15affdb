/**
 * Conditioning on a guess at the damage: statistics of the whole input -> a small perceptron -> a scale
 * and a shift of each channel behind each hidden layer (FiLM, Perez et al. 2018, with 1 + s as its scale).
 * One network then need not average its behaviour on clean and on noisy pictures. Nothing but the picture
 * is given in inference.
 */
import { type ConvInit, convInit, type GraphBuilder } from './builder.ts';
import { inputName, type NetworkSpec, requireCount } from './spec.ts';

export interface ConditioningConfig {
  /** Learnt 5x5 filters whose mean absolute and root mean square responses are looked at. */
  filters: number;
  /** Hidden units. */
  hidden: number;
  /** Names of the severities that it also estimates, in the order of `condition.severities`. */
  severities?: readonly string[];
}

const kernel = 5;

/** Parameters of all tensors that belong to it begin with this. */
export const conditionPrefix = 'condition';

const statistics = `${conditionPrefix}.statistics`;
const estimate = `${conditionPrefix}.severities`;

/**
 * At first the filters are blind to flat colours, which say nothing of damage, and noise and detail, a few
 * hundredths of the range, become statistics of about 1.
 */
const filtersInit: ConvInit = {
  weight: () => ({ kind: 'normal', std: 1, zeroSum: kernel ** 2 }),
  bias: convInit.nothing.bias,
};

const onePixel = { kernel: 1, padding: 0 };

/** Makes the statistics and what the hidden layers are changed by, then changes one layer after the other. */
export interface Conditioner {
  /** The next hidden layer, scaled and shifted. Scales and shifts are 0 at first: nothing changes. */
  modulate(x: string): string;
  /** What a network with it says of it. */
  spec: Pick<NetworkSpec, 'condition' | 'estimate'>;
}

/** Without a configuration layers stay as they are. */
export const unconditioned: Conditioner = { modulate: (x) => x, spec: {} };

/**
 * Begins a graph with `condition.filters`, `condition.hidden`, `condition.severities` if there are some, and
 * `condition.layers.N`, one for each of `layers` hidden layers of so many channels.
 * Throws E_CONFIG when a size is not a positive integer.
 */
export function conditioner(
  graph: GraphBuilder,
  config: ConditioningConfig | null | undefined,
  { layers, channels }: { layers: number; channels: number },
): Conditioner {
  if (!config) return unconditioned;
  const { filters, hidden, severities = [] } = config;
  requireCount('conditioning.filters', filters);
  requireCount('conditioning.hidden', hidden);
  const responses = graph.conv(`${conditionPrefix}.filters`, inputName, filters, filtersInit, {
    kernel,
    padding: (kernel - 1) / 2,
  });
  const found = graph.globalStatistics(statistics, responses);
  const units = graph.conv(`${conditionPrefix}.hidden`, found, hidden, convInit.he, onePixel);
  const known = graph.relu(`${conditionPrefix}.act`, units);
  if (severities.length > 0) {
    graph.conv(estimate, known, severities.length, convInit.torch, onePixel);
  }
  const changes = Array.from({ length: layers }, (_, layer) =>
    graph.conv(
      `${conditionPrefix}.layers.${layer}`,
      known,
      2 * channels,
      convInit.nothing,
      onePixel,
    ),
  );
  let next = 0;
  return {
    modulate: (x) => {
      const change = changes[next] as string;
      next++;
      return graph.modulate(`${x}.modulated`, x, change);
    },
    spec: { condition: statistics, ...(severities.length > 0 ? { estimate } : {}) },
  };
}

/**
 * The network that makes the statistics alone, with `condition.filters` as its parameters: (B, 3, h, w) ->
 * (B, 2 filters, 1, 1) of all pixels that have `reach` more of them on every side.
 */
export function statisticsNetwork(spec: NetworkSpec): NetworkSpec {
  const nodes = spec.nodes.slice(0, spec.nodes.findIndex(({ name }) => name === statistics) + 1);
  const used = new Set(nodes.flatMap(({ parameters }) => parameters));
  return {
    architecture: 'statistics',
    scale: 0,
    inputChannels: spec.inputChannels,
    output: statistics,
    parameters: spec.parameters.filter(({ name }) => used.has(name)),
    nodes: nodes.map((node) =>
      node.op === 'conv2d' ? { ...node, attributes: { ...node.attributes, padding: 0 } } : node,
    ),
  };
}

/** Pixels beside a pixel that its filters look at. */
export const statisticsReach = (kernel - 1) / 2;
