import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixture } from './degrade.ts';
import { gaussianNoise, poissonNoise } from './noise.ts';
import { correlatedNoise, injectNoise, speckleNoise } from './space-ops.ts';

interface Statistics {
  type: 'gaussian' | 'poisson' | 'speckle';
  level: number;
  gray?: boolean;
  /** Of correlated channels: the symmetric root of their covariance. */
  mix?: number[];
  /** A channel after the other, 16 colours each. */
  mean: number[];
  variance: number[];
  /** Fourth central moment. */
  fourth: number[];
  /** Of red and green, a number a colour. */
  covariance: number[];
}

const colours = 16;
const rows = 20_000;

/** The picture of noise_reference.py. */
function picture(): Float32Array {
  const levels = [
    (i: number) => 40 + 12 * i,
    (i: number) => 225 - 12 * i,
    (i: number) => 37 + 9 * i,
  ];
  const image = new Float32Array(3 * rows * colours);
  for (const [c, level] of levels.entries())
    for (let at = 0; at < rows * colours; at++) {
      const i = at % colours;
      const value = i === 0 ? 0 : i === colours - 1 ? 255 : level(i);
      image[c * rows * colours + at] = value / 255;
    }
  return image;
}

function centred(values: Float32Array, channel: number, colour: number) {
  const found = new Float64Array(rows);
  for (let row = 0; row < rows; row++)
    found[row] = values[(channel * rows + row) * colours + colour] as number;
  const mean = found.reduce((sum, v) => sum + v, 0) / rows;
  return { mean, values: found.map((v) => v - mean) };
}

function noisy(image: Float32Array, { type, level, gray = false, mix }: Statistics): Float32Array {
  const size: [number, number] = [rows, colours];
  if (mix) {
    const options = { level, mix: Float32Array.from(mix) };
    if (type === 'gaussian') return correlatedNoise(image, size, options);
    return speckleNoise(image, size, { ...options, channels: 'correlated' });
  }
  if (type === 'speckle') {
    return speckleNoise(image, size, { level, channels: gray ? 'gray' : 'colour' });
  }
  const noise = type === 'gaussian' ? gaussianNoise : poissonNoise;
  return noise(image, size, { level, gray });
}

const meanOf = (values: Float64Array) => values.reduce((sum, v) => sum + v, 0) / rows;

test('the noises have the moments that they have in PyTorch, clamped pixels among them', () => {
  const fixture = readFixture<{ rows: number; cases: Statistics[] }>('noise-statistics.json');
  assert.equal(fixture.cases.length, 14);
  const image = picture();
  for (const c of fixture.cases) {
    const out = noisy(image, c);
    const name = `${c.type} ${c.level} ${c.mix ? 'correlated' : (c.gray ?? '')}`;
    const shrink = 1 / rows + 1 / fixture.rows;
    const near = (actual: number, expected: number, variance: number, what: string) => {
      const error = Math.abs(actual - expected);
      const limit = 5 * Math.sqrt(Math.max(0, variance) * shrink) + 1e-7;
      assert.ok(error <= limit, `${name}, ${what}: ${actual}, ${expected}`);
    };
    for (let colour = 0; colour < colours; colour++) {
      const channels = [0, 1, 2].map((channel) => centred(out, channel, colour));
      for (const [channel, { mean, values }] of channels.entries()) {
        const at = channel * colours + colour;
        const [variance, fourth] = [c.variance[at] as number, c.fourth[at] as number];
        const what = `channel ${channel}, colour ${colour}`;
        near(mean, c.mean[at] as number, variance, `mean of ${what}`);
        const square = meanOf(values.map((v) => v * v));
        near(square, variance, fourth - variance ** 2, `variance of ${what}`);
      }
      const [red, green] = channels.map(({ values }) => values) as [Float64Array, Float64Array];
      const covariance = meanOf(red.map((v, i) => v * (green[i] as number)));
      const expected = c.covariance[colour] as number;
      const spread = Math.sqrt(
        (c.fourth[colour] as number) * (c.fourth[colours + colour] as number),
      );
      near(covariance, expected, spread, `covariance of colour ${colour}`);
    }
  }
});

interface Injected {
  height: number;
  width: number;
  image: number[];
  patch: number[];
  out: number[];
}

test('injected noise is what PyTorch makes of the same patch', () => {
  const { injected } = readFixture<{ injected: Injected }>('noise-statistics.json');
  const { height, width, image, patch, out } = injected;
  const ours = injectNoise(Float32Array.from(image), [height, width], {
    ...{ patch: Uint8Array.from(patch), patchWidth: width },
    ...{ top: 0, left: 0 },
  });
  assert.ok(ours.every((value, i) => Math.abs(value - (out[i] as number)) < 2e-7));
  assert.ok(out.includes(0) && out.includes(1), 'some are clamped');
});
