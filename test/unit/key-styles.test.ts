import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detectNetwork } from '../../src/infer/detect.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { renameKeys } from '../../src/network/files/key-styles.ts';
import type { Tensor } from '../../src/network/safetensors.ts';
import { elements } from '../../src/network/spec.ts';
import { foreignNetworks, mmeditingMsrresnet } from '../foreign-networks.ts';

/** Tensors of given names and shapes, every value the position of its tensor. */
const filled = (named: readonly (readonly [string, readonly number[]])[]): Tensor[] =>
  named.map(([name, shape], at) => {
    return { name, shape: [...shape], data: new Float32Array(elements(shape)).fill(at) };
  });

/** Those of a network of ours. */
const tensorsOf = (network: NetworkConfig) =>
  filled(buildNetwork(network).parameters.map(({ name, shape }) => [name, shape]));

const scalar = (name: string, value: number): Tensor => ({
  name,
  shape: [1],
  data: Float32Array.of(value),
});

function foreign(style: string, type: NetworkConfig['type'], scale: number) {
  const found = foreignNetworks.find(
    ({ style: own, network }) => own === style && network.type === type && network.scale === scale,
  );
  assert.ok(found, `${style} ${type} x${scale}`);
  return { ...found, tensors: filled(found.tensors) };
}

describe('names of other code bases', () => {
  for (const { style, network, tensors } of foreignNetworks)
    it(`${style}: ${network.type} x${network.scale} becomes ours, tensor by tensor`, () => {
      // The order in a file says nothing; that of the modules' definitions is ours in every code base.
      const found = renameKeys(filled(tensors).reverse(), 'ema');
      assert.equal(found.style, style);
      assert.deepEqual(found.tensors.reverse(), tensorsOf(network));
      const shapes = new Map(found.tensors.map(({ name, shape }) => [name, shape]));
      assert.deepEqual({ ...detectNetwork(shapes), ...found.sizes }, network);
    });

  it("BasicSR's own stay", () => {
    for (const scale of [1, 2, 4]) {
      const network = { type: 'rrdbnet', scale, numFeat: 8, numBlock: 2, numGrowCh: 4 } as const;
      const found = renameKeys(tensorsOf(network), 'ema');
      assert.deepEqual(found, { style: 'BasicSR', tensors: tensorsOf(network) });
      const shapes = new Map(found.tensors.map(({ name, shape }) => [name, shape]));
      assert.deepEqual(detectNetwork(shapes), network);
    }
  });

  it("BSRGAN x2 has one upsampling and the parameters of KAIR's", () => {
    const config = { type: 'rrdbnet', scale: 2, numFeat: 64, numBlock: 23, numGrowCh: 32 } as const;
    const count = (network: NetworkConfig) =>
      buildNetwork(network).parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
    assert.equal(count({ ...config, unshuffle: false }), 16_661_059);
    assert.equal(count(config), 16_703_171);
  });

  it('of everything that mmediting trains the generator is taken, or its moving average', () => {
    const { tensors } = foreign('mmediting', 'rrdbnet', 2);
    const average = tensors.map(({ name, shape, data }) => ({
      name: name.replace('generator.', 'generator_ema.'),
      shape,
      data: data.map((value) => value + 0.5),
    }));
    const all = [scalar('step_counter', 1), ...tensors, ...average, scalar('discriminator.x', 1)];
    const third = (set: 'ema' | 'params') =>
      renameKeys(all, set).tensors.map(({ name, data }) => [name, data[0]])[2];
    assert.deepEqual(third('params'), ['body.0.rdb1.conv1.weight', 2]);
    assert.deepEqual(third('ema'), ['body.0.rdb1.conv1.weight', 2.5]);
  });

  it("mmediting's MSRResNet is refused: it computes something else", () => {
    assert.throws(() => renameKeys(filled(mmeditingMsrresnet), 'ema'), {
      code: 'E_MODEL_UNKNOWN',
      exitCode: 9,
      message: /mmediting's MSRResNet/,
    });
  });

  it('the mean colours of an official EDSR are taken out, others are refused', () => {
    const mean = (name: string, sign: number, values: number[]): Tensor[] => [
      { name: `${name}.weight`, shape: [3, 3, 1, 1], data: new Float32Array(9) },
      { name: `${name}.bias`, shape: [3], data: Float32Array.from(values, (v) => sign * 255 * v) },
    ];
    const div2k = [0.4488, 0.4371, 0.404];
    const { tensors, network } = foreign('EDSR-PyTorch', 'edsr', 4);
    const full = [...mean('sub_mean', -1, div2k), ...mean('add_mean', 1, div2k), ...tensors];
    assert.deepEqual(renameKeys(full, 'ema').tensors, tensorsOf(network));
    assert.throws(() => renameKeys([...tensors, ...mean('add_mean', 1, [0.5, 0.5, 0.5])], 'ema'), {
      code: 'E_MODEL_UNKNOWN',
      message: /another mean colour/,
    });
  });

  it('two names for one tensor are refused', () => {
    const { tensors } = foreign('ESRGAN of 2018', 'rrdbnet', 4);
    const twice = [...tensors, { ...(tensors[0] as Tensor), name: 'conv_first.weight' }];
    assert.throws(() => renameKeys(twice, 'ema'), {
      code: 'E_MODEL_UNKNOWN',
      message: /are the same/,
    });
  });
});
