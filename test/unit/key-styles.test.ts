import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detectNetwork } from '../../src/infer/detect.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { renameKeys } from '../../src/network/files/key-styles.ts';
import type { Tensor } from '../../src/network/safetensors.ts';

/** Tensors of a network, every value the position of its tensor, under other names. */
function tensorsOf(network: NetworkConfig, rename: (name: string) => string): Tensor[] {
  return buildNetwork(network).parameters.map(({ name, shape }, at) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(at);
    return { name: rename(name), shape, data };
  });
}

const replaced =
  (...pairs: [string | RegExp, string][]) =>
  (name: string) =>
    pairs.reduce((text, [from, to]) => text.replace(from, to), name);

const rrdb = { type: 'rrdbnet', scale: 4, numFeat: 8, numBlock: 2, numGrowCh: 4 } as const;
const edsr = { type: 'edsr', scale: 4, numFeat: 8, numBlock: 2, resScale: 1 } as const;
const msr = { type: 'msrresnet', scale: 4, numFeat: 8, numBlock: 2 } as const;

const oldest = replaced(
  [/^body\.(\d)\.rdb(\d)\.conv(\d)/, 'model.1.sub.$1.RDB$2.conv$3.0'],
  ['conv_first', 'model.0'],
  ['conv_body', 'model.1.sub.2'],
  ['conv_up1', 'model.3'],
  ['conv_up2', 'model.6'],
  ['conv_hr', 'model.8'],
  ['conv_last', 'model.10'],
);
const trunk = replaced(
  [/^body\.(\d)\.rdb/, 'RRDB_trunk.$1.RDB'],
  ['conv_body', 'trunk_conv'],
  ['conv_up', 'upconv'],
  ['conv_hr', 'HRconv'],
);
const official = replaced(
  ['conv_after_body', 'body.2'],
  [/\.conv1/, '.body.0'],
  [/\.conv2/, '.body.2'],
  ['conv_first', 'head.0'],
  ['upsample', 'tail.0'],
  ['conv_last', 'tail.1'],
);

const cases: [string, NetworkConfig, (name: string) => string][] = [
  ['BasicSR', rrdb, (name) => name],
  ['ESRGAN of 2018', rrdb, oldest],
  ['ESRGAN and KAIR', rrdb, trunk],
  ['ESRGAN and KAIR', { ...rrdb, scale: 2 }, trunk],
  ['KAIR', msr, replaced([/^body/, 'recon_trunk'], ['conv_hr', 'HRconv'])],
  ['EDSR-PyTorch', edsr, official],
  ['EDSR-PyTorch', { ...edsr, scale: 3 }, official],
];

describe('names of other code bases', () => {
  for (const [style, network, rename] of cases)
    it(`${style}: ${network.type} x${network.scale} becomes ours, tensor by tensor`, () => {
      const ours = tensorsOf(network, (name) => name);
      // The order in a file says nothing.
      const theirs = tensorsOf(network, rename).reverse();
      const found = renameKeys(theirs);
      assert.equal(found.style, style);
      assert.deepEqual(found.tensors.reverse(), ours);
      const shapes = new Map(found.tensors.map(({ name, shape }) => [name, shape]));
      assert.deepEqual(detectNetwork(shapes), network);
    });

  it('the mean colours of an official EDSR are taken out, others are refused', () => {
    const mean = (name: string, sign: number, values: number[]): Tensor[] => [
      { name: `${name}.weight`, shape: [3, 3, 1, 1], data: new Float32Array(9) },
      { name: `${name}.bias`, shape: [3], data: Float32Array.from(values, (v) => sign * 255 * v) },
    ];
    const div2k = [0.4488, 0.4371, 0.404];
    const plain = tensorsOf(edsr, official);
    const full = [...mean('sub_mean', -1, div2k), ...plain, ...mean('add_mean', 1, div2k)];
    assert.deepEqual(
      renameKeys(full).tensors,
      tensorsOf(edsr, (name) => name),
    );
    assert.throws(() => renameKeys([...plain, ...mean('add_mean', 1, [0.5, 0.5, 0.5])]), {
      code: 'E_MODEL_UNKNOWN',
      message: /another mean colour/,
    });
  });

  it('an ESRGAN with one upsampling is refused: it is another network', () => {
    const once = (name: string, rename: (name: string) => string) =>
      tensorsOf(rrdb, rename).filter((tensor) => !tensor.name.startsWith(name));
    for (const tensors of [once('upconv2', trunk), once('model.6', oldest)])
      assert.throws(() => renameKeys(tensors), {
        code: 'E_MODEL_UNKNOWN',
        exitCode: 9,
        message: /ESRGAN of 1 upsamplings/,
      });
  });

  it('two names for one tensor are refused', () => {
    const tensors = tensorsOf(rrdb, trunk);
    const twice = [...tensors, { ...(tensors[0] as Tensor), name: 'HRconv.weight' }];
    assert.throws(() => renameKeys(twice), { code: 'E_MODEL_UNKNOWN', message: /are the same/ });
  });
});
