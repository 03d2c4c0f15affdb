/** Every operator alone, and graphs of them: forward and gradients against plain loops. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  inputName,
  type NetworkSpec,
  type NodeSpec,
  type OpName,
  type ParameterSpec,
} from '../../src/network/spec.ts';
import { checkNetwork, randomOf, randomPoint, testNative } from './networks.ts';

const init = { kind: 'constant', value: 0 } as const;

type Single = Pick<NodeSpec, 'op' | 'attributes'> & {
  channels: number;
  scale?: number;
  shapes?: number[][];
  /** How often the node reads the network's input. */
  inputs?: number;
};

/** The operator alone. */
function single(test: Single): NetworkSpec {
  const { op, attributes, channels, scale = 1, shapes = [], inputs = 1 } = test;
  const parameters = shapes.map((shape, i): ParameterSpec => ({ name: `p${i}`, shape, init }));
  const names = parameters.map(({ name }) => name);
  const read = Array.from({ length: inputs }, () => inputName);
  const nodes = [{ name: 'op', op, inputs: read, parameters: names, attributes } as NodeSpec];
  return { architecture: 'test', scale, inputChannels: channels, output: 'op', parameters, nodes };
}

/** Statistics alone, or an input modulated by its own: there is no other tensor of their shape. */
function statistics(channels: number, isModulated: boolean): NetworkSpec {
  const node = (name: string, op: OpName, inputs: string[]) =>
    ({ name, op, inputs, parameters: [], attributes: {} }) as NodeSpec;
  const found = node('statistics', 'globalStatistics', [inputName]);
  const changed = node('op', 'modulate', [inputName, 'statistics']);
  return {
    architecture: 'test',
    scale: isModulated ? 1 : 0,
    inputChannels: channels,
    output: isModulated ? 'op' : 'statistics',
    parameters: [],
    nodes: isModulated ? [found, changed] : [found],
  };
}

const conditioned: [OpName, NetworkSpec][] = [3, 24].flatMap((channels) => [
  ['globalStatistics', statistics(channels, false)],
  ['modulate', statistics(channels, true)],
]);

/** Half as large: 4x4, stride 2, padding 1, no bias, as discriminators have it. */
function halving(inputs: number, outputs: number): Single {
  const attributes = { padding: 1, stride: 2 };
  const shapes = [[outputs, inputs, 4, 4]];
  return { op: 'conv2d', attributes, channels: inputs, scale: 1 / 2, shapes };
}

function conv(inputs: number, outputs: number, kernel: number, bias = true): Single {
  const weight = [outputs, inputs, kernel, kernel];
  return {
    op: 'conv2d',
    attributes: { padding: (kernel - 1) / 2, stride: 1 },
    channels: inputs,
    shapes: bias ? [weight, [outputs]] : [weight],
  };
}

const singles: Single[] = [
  conv(3, 8, 3),
  conv(24, 24, 3),
  conv(16, 32, 3),
  conv(5, 3, 3, false),
  conv(4, 6, 1),
  conv(2, 4, 5),
  halving(3, 4),
  halving(16, 24),
  halving(20, 32),
  { op: 'prelu', attributes: {}, channels: 24, shapes: [[24]] },
  { op: 'prelu', attributes: {}, channels: 1, shapes: [[1]] },
  { op: 'relu', attributes: {}, channels: 3 },
  { op: 'leakyRelu', attributes: { slope: 0.1 }, channels: 3 },
  { op: 'add', attributes: { scale: 1 }, channels: 3, inputs: 2 },
  { op: 'add', attributes: { scale: -0.2 }, channels: 3, inputs: 2 },
  { op: 'affine', attributes: { scale: [255, -0.5], shift: [-7, 0.25] }, channels: 2 },
  { op: 'concat', attributes: {}, channels: 3 },
  { op: 'concat', attributes: {}, channels: 5, inputs: 3 },
  { op: 'pixelShuffle', attributes: { factor: 2 }, channels: 8, scale: 2 },
  { op: 'pixelShuffle', attributes: { factor: 3 }, channels: 27, scale: 3 },
  { op: 'pixelUnshuffle', attributes: { factor: 2 }, channels: 3, scale: 1 / 2 },
  { op: 'pixelUnshuffle', attributes: { factor: 4 }, channels: 1, scale: 1 / 4 },
  { op: 'maxPool', attributes: { size: 2, stride: 2, padding: 0 }, channels: 3, scale: 1 / 2 },
  { op: 'maxPool', attributes: { size: 3, stride: 2, padding: 1 }, channels: 3, scale: 1 / 2 },
  { op: 'upsampleNearest', attributes: { factor: 3 }, channels: 3, scale: 3 },
  { op: 'upsampleBilinear', attributes: { factor: 2 }, channels: 3, scale: 2 },
  { op: 'upsampleBilinear', attributes: { factor: 3 }, channels: 5, scale: 3 },
  { op: 'upsampleBilinear', attributes: { factor: 4 }, channels: 1, scale: 4 },
];

describe('operators', () => {
  it('have the names of the specification, and each is tested', () => {
    const tested = [
      ...new Set([...singles, ...conditioned.map(([op]) => ({ op }))].map(({ op }) => op)),
    ];
    assert.deepEqual(testNative._networkOps().sort(), tested.sort());
  });

  for (const [op, spec] of conditioned) {
    it(`${op} of ${spec.inputChannels} channels`, async () => {
      await checkNetwork(spec, randomPoint(spec, { batch: 2, height: 5, width: 7 }, 11));
      await checkNetwork(spec, randomPoint(spec, { batch: 1, height: 1, width: 1 }, 12));
    });
  }

  for (const test of singles) {
    const name = `${test.op} ${JSON.stringify(test.attributes)} ${JSON.stringify(test.shapes ?? [])}`;
    it(name, async () => {
      const spec = single(test);
      const unit = Math.max(1, 1 / spec.scale);
      const size = { batch: 2, height: 5 * unit, width: 7 * unit };
      await checkNetwork(spec, randomPoint(spec, size, 11));
      await checkNetwork(spec, randomPoint(spec, { batch: 1, height: unit, width: unit }, 12));
    });
  }
});

const randomOps: OpName[] = [
  'conv2d',
  'conv2d',
  'prelu',
  'relu',
  'leakyRelu',
  'affine',
  'add',
  'add',
];

/** Random nodes on random earlier tensors: skips, dense blocks, chains in place, several results. */
function randomGraph(seed: number, channels: number): NetworkSpec {
  const random = randomOf(seed);
  const repeated = (values: number[]) => Array.from({ length: channels }, (_, c) => values[c % 3]);
  const spec: NetworkSpec = {
    architecture: 'test',
    scale: 1,
    inputChannels: channels,
    output: '',
    parameters: [],
    nodes: [],
  };
  const tensors = [inputName];
  let features: string[] = [];
  const wides: { name: string; length: number }[] = [];
  const parameter = (name: string, shape: number[]) => {
    spec.parameters.push({ name, shape, init });
    return name;
  };
  const push = (name: string, op: OpName, inputs: string[], attributes: object) => {
    spec.nodes.push({ name, op, inputs, parameters: [], attributes } as unknown as NodeSpec);
    return name;
  };
  const concatenate = (name: string, inputs: string[]) => {
    const wide = push(`${name}.cat`, 'concat', inputs, {});
    const earlier = wides.find(({ length }) => length === inputs.length);
    wides.unshift({ name: wide, length: inputs.length });
    if (random.chance(0.6)) return wide;
    const other = earlier?.name ?? push(`${name}.bent`, 'leakyRelu', [wide], { slope: 0.3 });
    return push(`${name}.sum`, 'add', [wide, other], { scale: random.chance(0.5) ? 1 : 0.5 });
  };
  const count = 2 + random.integer(12);
  for (let i = 0; i < count; i++) {
    const name = `n${i}`;
    // Mostly the newest tensor, so that chains come about.
    const pick = () => tensors[Math.max(0, tensors.length - 1 - random.integer(4))] as string;
    const op = randomOps[random.integer(randomOps.length)] as OpName;
    const node = { name, op, inputs: [pick()], parameters: [] as string[], attributes: {} };
    if (op === 'conv2d') {
      // Half of them read several tensors, side by side: any, or one more than the last one did.
      const newest = tensors.at(-1) as string;
      if (random.chance(0.5)) features = [pick()];
      else if (!features.includes(newest)) features = [...features, newest];
      const inputs = random.chance(0.2) ? [...node.inputs, pick(), pick()] : features;
      if (inputs.length > 1) node.inputs = [concatenate(name, inputs)];
      node.attributes = { padding: 1, stride: 1 };
      const weight = [channels, channels * inputs.length, 3, 3];
      node.parameters = [parameter(`${name}.weight`, weight)];
      if (random.chance(0.7)) node.parameters.push(parameter(`${name}.bias`, [channels]));
    } else if (op === 'prelu') {
      node.parameters = [parameter(`${name}.weight`, [channels])];
    } else if (op === 'leakyRelu') {
      node.attributes = { slope: 0.2 };
    } else if (op === 'affine') {
      node.attributes = { scale: repeated([1.5, -1, 0.5]), shift: repeated([0.1, 0, -0.2]) };
    } else if (op === 'add') {
      node.inputs = [pick(), pick()];
      node.attributes = { scale: random.chance(0.5) ? 1 : 0.5 };
    }
    spec.nodes.push(node as NodeSpec);
    tensors.push(name);
  }
  // Everything that nothing reads becomes part of the result.
  const read = new Set(spec.nodes.flatMap(({ inputs }) => inputs));
  const [first, ...others] = tensors.slice(1).filter((name) => !read.has(name)) as [string];
  let output = first;
  for (const [i, other] of others.entries()) {
    output = push(`out${i}`, 'add', [output, other], { scale: i % 2 === 0 ? 1 : -0.5 });
  }
  const alsoResults = tensors.slice(1).filter((name) => name !== output && random.chance(0.1));
  return { ...spec, output, features: [...alsoResults, output] };
}

describe('graphs', () => {
  const check = async (seed: number, channels: number) => {
    const spec = randomGraph(seed, channels);
    const point = randomPoint(spec, { batch: 2, height: 3, width: 4 }, seed);
    // Sums over more channels of smaller weights: values stay of the size of the input's.
    const parameters = point.parameters.map((weight) => (weight * 3) / channels);
    try {
      await checkNetwork(spec, { ...point, parameters });
    } catch (cause) {
      throw new Error(`graph ${seed}: ${JSON.stringify(spec.nodes)}`, { cause });
    }
  };

  it('of random shape: forward and all gradients', async () => {
    for (let seed = 0; seed < 400; seed++) await check(seed, 3);
  });

  it('of as many channels as fill vectors', async () => {
    for (let seed = 200; seed < 215; seed++) await check(seed, 16);
  });
});
