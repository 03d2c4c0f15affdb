/** Every number of a packed recipe outside its range is refused by name, with the range. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { operationTypes, parametersOf, recipeLength } from '../../src/degradation/pack.ts';
import type { Operation } from '../../src/degradation/recipe.ts';
import { native } from '../../src/native.ts';
import { bankOptions } from '../image-file.ts';
import { testBank } from '../random-recipe.ts';

type Op = Operation['op'];
interface Range {
  /** Numbers of the operation that make this one count; the others are 0. */
  with: Record<string, number>;
  low: number;
  high: number;
  kind: 'real' | 'positive' | 'integer' | 'odd';
  /** The header of the operation instead of its parameters. */
  text?: string;
}

const range = (
  kind: Range['kind'],
  low: number,
  high: number,
  others: Record<string, number> = {},
): Range => ({ kind, low, high, with: others });

const [aniso, generalized, sinc, bank] = [1, 3, 6, 7];
const gaussian = { kernel: aniso, kernelSize: 7, sigmaX: 1, sigmaY: 1 };
const camera = { gain: 1, red: 1, blue: 1, weight0: 1, weight1: 1 };
const correlated = { type: 0, level: 10, channels: 2 };
const mix = Object.fromEntries(
  ['00', '01', '02', '11', '12', '22'].map((name) => [
    `mix${name}`,
    range('real', -16, 16, correlated),
  ]),
);
const weights = Object.fromEntries(
  [0, 1, 2, 3].map((i) => [`weight${i}`, range('real', 0, 1, camera)]),
);

const side = 48;
const { patchSize, patches } = testBank();

const ranges: Record<Op, Record<string, Range>> = {
  blur: {
    kernel: range('integer', 0, 7, gaussian),
    kernelSize: range('odd', 3, 25, gaussian),
    sigmaX: range('real', 0.01, 1000, gaussian),
    sigmaY: range('real', 0.01, 1000, gaussian),
    theta: range('real', -1000, 1000, gaussian),
    beta: range('positive', 0, 64, { ...gaussian, kernel: generalized }),
    omega: range('positive', 0, Math.PI, { kernel: sinc, kernelSize: 7 }),
    shift: range('real', 0, 3, { ...gaussian, kernel: 0 }),
    index: range('integer', 0, 2, { kernel: bank, kernelSize: 13 }),
  },
  resize: {
    mode: range('integer', 0, 7, { factor: 1 }),
    of: range('integer', 0, 1, { factor: 1 }),
    factor: range('positive', 0, 16),
  },
  noise: {
    type: range('integer', 0, 2),
    level: range('real', 0, 255),
    channels: range('integer', 0, 2),
    ...mix,
    vals: range('real', 0, 65536, { type: 2 }),
  },
  isp: {
    gain: range('real', 0.1, 10, camera),
    red: range('real', 0.1, 10, camera),
    blue: range('real', 0.1, 10, camera),
    ...weights,
    shot: range('real', 0, 1, camera),
    read: range('real', 0, 1, camera),
  },
  inject: {
    patch: range('integer', 0, patches.length / (3 * patchSize ** 2) - 1),
    top: range('integer', 0, patchSize - side),
    left: range('integer', 0, patchSize - side),
  },
  jpeg: {
    quality: range('positive', 0, 100, { backend: 1 }),
    backend: range('integer', 0, 1, { quality: 50 }),
    subsampling: range('integer', 0, 1, { quality: 50, backend: 1 }),
  },
  clamp: {},
};

const scale = 1;
const words = 2 ** 32 - 1;
const header: Record<string, Range> = {
  seedLo: range('integer', 0, words),
  seedHi: range('integer', 0, words),
  graySeedLo: range('integer', 0, words),
  graySeedHi: range('integer', 0, words),
  scale: range('integer', 1, 16),
  operations: range('integer', 0, 20),
};

function bad({ low, high, kind }: Range): number[] {
  const outside = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    low - 1,
    high + 1,
  ];
  outside.push(-1e300, 1e300);
  if (kind === 'positive') outside.push(0);
  if (kind === 'real' || kind === 'positive') outside.push(high + 1e-6 * Math.max(1, high));
  if (kind === 'integer' || kind === 'odd') outside.push(low + 0.5, high - 0.25);
  if (kind === 'odd') outside.push(low + 1);
  return outside;
}

function good({ low, high, kind }: Range): number[] {
  return kind === 'positive' ? [1e-6 * high, high] : [low, high];
}

const shown = (value: number) => String(Number(value.toPrecision(10)));

describe('numbers of a recipe', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-ranges-'));
  const options = { usm: false, threads: 1, ...bankOptions(join(folder, 'patches'), testBank()) };
  rmSync(folder, { recursive: true });

  const packed = (op: Op, numbers: Record<string, number>): Float64Array => {
    const recipe = new Float64Array(recipeLength);
    recipe[4] = scale;
    recipe[5] = 1;
    const parameters = parametersOf(op).map((name) => numbers[name] ?? 0);
    recipe.set([operationTypes.indexOf(op), 1, ...parameters], 6);
    return recipe;
  };
  const check = (recipe: Float64Array) => native.checkRecipe(recipe, side, options);

  const assertRefused = (recipe: Float64Array, name: string, { low, high, kind }: Range) => {
    assert.throws(
      () => check(recipe),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'E_RECIPE');
        assert.ok(error.message.startsWith(`${name} must be `), error.message);
        // An even size and a fraction are refused for what they are, with the range as well.
        assert.ok(
          error.message.includes(`${shown(low)}..${shown(high)}`),
          `${kind}: ${error.message}`,
        );
        assert.match(error.message, /, received \S+$/);
        return true;
      },
      name,
    );
  };
  /** Other fields may still have something against it: the size at the end, for example. */
  const assertAccepted = (recipe: Float64Array, name: string) => {
    try {
      check(recipe);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      assert.equal(code, 'E_RECIPE');
      assert.ok(!message.startsWith(`${name} must be within`), message);
      assert.ok(!message.startsWith(`${name} must be an integer`), message);
      assert.ok(!message.startsWith(`${name} must be above`), message);
      assert.ok(!message.startsWith(`${name} must be odd`), message);
    }
  };

  for (const op of operationTypes) {
    it(`of ${op} are within their ranges`, () => {
      assert.deepEqual(Object.keys(ranges[op]), parametersOf(op), 'every parameter has its row');
      for (const [field, allowed] of Object.entries(ranges[op])) {
        const name = `operation 1, ${op}.${field}`;
        for (const value of bad(allowed))
          assertRefused(packed(op, { ...allowed.with, [field]: value }), name, allowed);
        for (const value of good(allowed))
          assertAccepted(packed(op, { ...allowed.with, [field]: value }), name);
      }
    });
  }

  it('of the header and of every record are within their ranges', () => {
    const clamp = packed('clamp', {});
    check(clamp);
    const places: [name: string, place: number, Range][] = [
      ...Object.entries(header).map(
        ([name, allowed], i) => [name, i, allowed] as [string, number, Range],
      ),
      ['operation 1, code', 6, range('integer', 0, operationTypes.length - 1)],
      ['operation 1, stage', 7, range('integer', 1, 8)],
    ];
    for (const [name, place, allowed] of places) {
      for (const value of bad(allowed)) assertRefused(clamp.with(place, value), name, allowed);
      for (const value of good(allowed)) assertAccepted(clamp.with(place, value), name);
    }
  });

  it('that belong together are refused together', () => {
    const refused = (op: Op, numbers: Record<string, number>, message: RegExp) =>
      assert.throws(() => check(packed(op, numbers)), { code: 'E_RECIPE', message });
    refused(
      'noise',
      { type: 2, channels: 2 },
      /noise\.channels must be colour or gray for Poisson/,
    );
    refused('noise', { type: 2, vals: 0.5 }, /noise\.vals must be 0, or within 1\.\.65536/);
    refused(
      'isp',
      { ...camera, weight0: 0, weight1: 0 },
      /isp\.weight0 must be above 0 in at least one/,
    );
    refused(
      'jpeg',
      { quality: 50, subsampling: 1 },
      /jpeg\.subsampling must be 4:2:0 for DiffJPEG/,
    );
    refused('resize', { mode: 7, factor: 1.5 }, /resize\.factor must be at most 1/);
    const without = (op: Op, numbers: Record<string, number>, message: RegExp) =>
      assert.throws(() => native.checkRecipe(packed(op, numbers), side), {
        code: 'E_RECIPE',
        message,
      });
    without('blur', { kernel: bank, kernelSize: 13 }, /no estimated kernels were given/);
    without('inject', {}, /no noise bank was given/);
  });

  it('of the banks are checked, and a kernel of a large gain is none of a lens', () => {
    const kernels = (taps: number[]) => ({
      ...options,
      kernels: { size: 3, taps: Float32Array.from(taps) },
    });
    const blur = packed('blur', { kernel: bank, kernelSize: 3 });
    native.checkRecipe(blur, side, kernels([0, 0, 0, 0, 1, 0, 0, 0, 0]));
    for (const taps of [
      [0, 0, 0, 0, 2, 0, 0, 0, 0],
      [0, 0, 0, 0, Number.NaN, 0, 0, 0, 0],
      [1e30, -1e30, 0, 0, 1, 0, 0, 0, 0],
      [0, 0, 0, 5, 1, -5, 0, 0, 0],
    ])
      assert.throws(() => native.checkRecipe(blur, side, kernels(taps)), { code: 'E_KERNEL' });
  });
});
