/** Convolutions with operands in bfloat16: rounding, errors, what they leave alone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Precision, TrainerOptions } from '../../src/native.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import type { NetworkSpec } from '../../src/network/spec.ts';
import { convolution, plainSums, relativeError } from './convolutions.ts';
import { makeBatch, makeTrainer, type Size, uniforms } from './networks.ts';
import { formula, referenceWeights } from './reference-values.ts';

const results = ['output', 'inputGradient', 'parameterGradients'] as const;

/** The nearest bfloat16, the even one of two. */
function rounded(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer);
  const upper = bits.map((b) => (b + 0x7fff + ((b >>> 16) & 1)) & 0xffff0000);
  return new Float32Array(upper.buffer);
}

interface Point {
  x: Float32Array;
  weights: Float32Array;
  size: Size;
  dy: Float32Array;
}

async function gradients(
  spec: NetworkSpec,
  { x, weights, size, dy }: Point,
  options: Partial<TrainerOptions>,
) {
  const trainer = makeTrainer(spec, { weights, ...options });
  try {
    return await trainer._gradients(x, size, dy);
  } finally {
    trainer.dispose();
  }
}

function pointOf([inputs, outputs]: [number, number], size: Size): Point {
  const pixels = size.batch * size.height * size.width;
  return {
    x: uniforms(pixels * inputs, 1, -1, 1),
    weights: uniforms(outputs * (inputs * 9 + 1), 2, -0.1, 0.1),
    size,
    dy: uniforms(pixels * outputs, 3, -1, 1),
  };
}

describe('convolutions in bfloat16', () => {
  const cases: [[number, number], Size][] = [
    [[64, 64], { batch: 2, height: 9, width: 14 }],
    [[64, 32], { batch: 1, height: 8, width: 8 }],
    [[192, 64], { batch: 1, height: 7, width: 6 }],
    [[32, 48], { batch: 3, height: 1, width: 3 }],
    // Tiles of more than one piece.
    [[32, 32], { batch: 5, height: 33, width: 31 }],
  ];
  for (const [channels, size] of cases) {
    it(`${channels.join(' to ')}: err at most four times as much as direct ones, with any threads`, async () => {
      const point = pointOf(channels, size);
      const { x, weights, dy } = point;
      const exact = plainSums(channels, size, x, weights, dy);
      const bias = weights.subarray(channels[0] * channels[1] * 9);
      const operands = Float32Array.of(...rounded(weights).subarray(0, -bias.length), ...bias);
      const direct = plainSums(channels, size, rounded(x), operands, rounded(dy));
      const spec = convolution(...channels);
      const found = await gradients(spec, point, { precision: 'bfloat16', threads: 1 });
      for (const key of results) {
        const error = relativeError(found[key], exact[key]);
        const allowed = 4 * relativeError(Float32Array.from(direct[key]), exact[key]);
        assert.ok(error < allowed, `${key}: ${error}, allowed are ${allowed}`);
        assert.ok(error > 1e-3, `${key} is in bfloat16`);
      }
      for (const threads of [2, 3]) {
        const again = await gradients(spec, point, { precision: 'bfloat16', threads });
        assert.deepEqual(again, found, `${threads} threads as one`);
      }
    });
  }

  // Pixel (1, 3) is the corner of what the tile of the result (2, 4) looks at: one product sees it, alone.
  async function product(pixel: number, weight: number): Promise<number> {
    const [inputs, size] = [32, { batch: 1, height: 6, width: 9 }];
    const x = new Float32Array(inputs * 54);
    x[9 + 3] = pixel;
    const weights = new Float32Array(32 * (inputs * 9 + 1));
    weights[0] = weight;
    const trainer = makeTrainer(convolution(inputs, 32), { weights, precision: 'bfloat16' });
    const y = await trainer.forward(x, size, 'params');
    trainer.dispose();
    return y[2 * 9 + 4] as number;
  }

  it('round both operands to the nearest, ties to even', async () => {
    const step = 2 ** -7;
    for (const [value, expected] of [
      [1 + 0.5 * step, 1],
      [1 + 1.5 * step, 1 + 2 * step],
      [1 + 0.5 * step + 2 ** -23, 1 + step],
      [1 + 1.5 * step - 2 ** -23, 1 + step],
      [-1 - 1.5 * step, -1 - 2 * step],
      [2 - 2 ** -23, 2],
      [3e38, 2 ** 127 * (1 + 98 * step)],
    ] as const) {
      assert.equal(await product(value, 1), expected);
      assert.equal(await product(1, value), expected);
    }
  });

  it('keep what is not finite', async () => {
    assert.equal(await product(Number.NaN, 1), Number.NaN);
    assert.equal(await product(1, Number.NaN), Number.NaN);
    assert.ok(!Number.isFinite(await product(Number.POSITIVE_INFINITY, 1)));
    assert.equal(await product(2 ** 127 * (2 - 2 ** -23), 1), Number.POSITIVE_INFINITY);
  });

  for (const channels of [
    [16, 48],
    [24, 24],
    [32, 40],
  ] as [number, number][]) {
    it(`are not used for ${channels.join(' to ')} channels`, async () => {
      const point = pointOf(channels, { batch: 1, height: 6, width: 7 });
      const spec = convolution(...channels);
      const [found, expected] = [
        await gradients(spec, point, { precision: 'bfloat16' }),
        await gradients(spec, point, {}),
      ];
      assert.deepEqual(found, expected);
    });
  }
});

/** One case of test/fixtures/bf16_reference.py. */
interface ReferenceCase {
  network: NetworkConfig;
  size: Size;
  errors: Record<(typeof results)[number], number>;
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/bf16-reference.json', import.meta.url), 'utf8'),
) as { cases: ReferenceCase[] };

describe('networks in bfloat16', () => {
  for (const { network, size, errors } of cases) {
    it(`${network.type}: err at most thrice as much as PyTorch's do on noise, under autocast`, async () => {
      const spec = buildNetwork(network);
      const { batch, height, width } = size;
      const length = batch * 3 * height * width;
      const numbers = (count: number, start: number, shift: number) =>
        Float32Array.from({ length: count }, (_, i) => formula(start + i) - shift);
      const point = {
        x: numbers(length, 1_000_000, 0),
        weights: referenceWeights(spec),
        size,
        dy: numbers(length * network.scale ** 2, 2_000_000, 0.5),
      };
      const of = (precision: Precision) => gradients(spec, point, { precision });
      const [found, exact] = [await of('bfloat16'), await of('float32')];
      for (const key of results) {
        const error = relativeError(found[key], Float64Array.from(exact[key]));
        assert.ok(error < 3 * errors[key], `${key}: ${error}, PyTorch's ${errors[key]}`);
        assert.ok(error > 1e-5, `${key} is in bfloat16`);
      }
    });
  }
});

describe('training in bfloat16', () => {
  const network: NetworkConfig = { type: 'srvgg', scale: 2, numFeat: 32, numConv: 2, init: 'he' };
  const spec = buildNetwork(network);
  const size = { batch: 2, height: 10, width: 11 };

  it('lowers the loss, and goes on from a saved state with the same bits', async () => {
    const options = { precision: 'bfloat16' } as const;
    const [batch, whole, resumed] = [
      makeBatch(2, size, 7),
      makeTrainer(spec, options),
      makeTrainer(spec, { ...options, threads: 1 }),
    ];
    const step = async (trainer: typeof whole) =>
      (await trainer.step(batch, { learningRate: 1e-3 })).losses.reduce((sum, loss) => sum + loss);
    const losses = [];
    for (let i = 0; i < 10; i++) losses.push(await step(whole));
    assert.ok((losses.at(-1) as number) < 0.9 * (losses[0] as number), `${losses}`);
    const blocks = ['params', 'ema', 'm', 'v'] as const;
    for (const block of blocks) resumed.setState(block, whole.getState(block));
    resumed.setStepCount(whole.stepCount);
    assert.equal(await step(resumed), await step(whole));
    for (const block of blocks) assert.deepEqual(resumed.getState(block), whole.getState(block));
  });
});
