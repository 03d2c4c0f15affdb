import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { packRecipes } from '../../src/degradation/pack.ts';
import type { NoiseOperation, Operation, ResizeOperation } from '../../src/degradation/recipe.ts';
import { native, type SynthesizeOptions } from '../../src/native.ts';
import { blur, kernelParameters, largestDifference } from './degrade.ts';
import { testImage } from './images.ts';
import { defaultKey, gaussianNoise, type Size } from './noise.ts';
import {
  cameraNoise,
  correlatedNoise,
  injectNoise,
  poissonNoiseOf,
  resizeAs,
  speckleNoise,
} from './space-ops.ts';

const size: Size = [24, 24];
const image = testImage(...size, 6);
const stage = 2;
const graySeed = [5, 6] as const;

async function lqOf(
  operations: Operation[],
  scale = 1,
  banks: Partial<SynthesizeOptions> = {},
): Promise<Float32Array> {
  const recipe = { seed: defaultKey, graySeed, scale, operations };
  const shape = { batch: 1, height: size[0], width: size[1] };
  const options = { usm: false, threads: 1, ...banks };
  const batch = await native.synthesizeFrom(image, shape, packRecipes([recipe]), options);
  try {
    return batch.lq();
  } finally {
    batch.dispose();
  }
}

/** What a recipe ends with: 8 bits. */
function rounded(values: Float32Array): Float32Array {
  const even = (x: number) => {
    const low = Math.floor(x);
    return x - low === 0.5 ? low + (low % 2) : Math.round(x);
  };
  return values.map((v) => Math.fround(even(Math.fround(255 * Math.min(1, Math.max(0, v)))) / 255));
}

const noise = (values: Partial<NoiseOperation>): NoiseOperation => ({
  op: 'noise',
  stage,
  type: 'gaussian',
  level: 20,
  channels: 'colour',
  mix: [0, 0, 0, 0, 0, 0],
  vals: 0,
  ...values,
});

const draw = { level: 20, stage: stage - 1 };

describe('the operations of other spaces in a recipe', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-'));
  after(() => rmSync(folder, { recursive: true }));

  it('resize as they do alone', async () => {
    const factor = 0.5;
    for (const mode of ['cvArea', 'cvLinear', 'cvCubic', 'matlabBicubic', 'decimate'] as const) {
      for (const of of ['input', 'lq'] as const) {
        const resize: ResizeOperation = {
          ...{ op: 'resize', stage, mode, of },
          factor: of === 'input' ? factor : 1,
        };
        const alone = resizeAs(image, size, [12, 12], mode, of === 'input' ? factor : 0);
        assert.deepEqual(await lqOf([resize], 2), rounded(alone), `${mode} ${of}`);
      }
    }
  });

  it('make the noise that they make alone', async () => {
    const mix = [0.8, 0.3, -0.2, 0.6, 0.1, 0.7] as const;
    const options = { ...draw, mix: Float32Array.from(mix) };
    for (const [operation, alone] of [
      [
        noise({ channels: 'gray' }),
        gaussianNoise(image, size, { ...draw, gray: true, grayKey: graySeed }),
      ],
      [noise({ channels: 'correlated', mix }), correlatedNoise(image, size, options)],
      [noise({ type: 'speckle' }), speckleNoise(image, size, draw)],
      [
        noise({ type: 'speckle', channels: 'gray' }),
        speckleNoise(image, size, { ...draw, channels: 'gray' }),
      ],
      [
        noise({ type: 'speckle', channels: 'correlated', mix }),
        speckleNoise(image, size, { ...options, channels: 'correlated' }),
      ],
      [
        noise({ type: 'poisson', vals: 300, level: 1 }),
        poissonNoiseOf(image, size, { ...draw, level: 1, vals: 300 }),
      ],
      [
        noise({ type: 'poisson', vals: 300, level: 0.5, channels: 'gray' }),
        poissonNoiseOf(image, size, { ...draw, level: 0.5, vals: 300, gray: true }),
      ],
    ] as const) {
      const difference = largestDifference(await lqOf([operation]), rounded(alone));
      assert.equal(difference, 0, `${operation.type} ${operation.channels} ${operation.vals}`);
    }
  });

  it("make a camera's noise", async () => {
    const camera = { gain: 1.2, red: 2, blue: 1.6, weights: [0.1, 0.2, 0.3, 0.4], shot: 0.01 };
    const weights = [0.1, 0.2, 0.3, 0.4] as const;
    const operation: Operation = { op: 'isp', stage, ...camera, weights, read: 0.001 };
    const alone = cameraNoise(image, size, { ...camera, read: 0.001, stage: stage - 1 });
    assert.deepEqual(await lqOf([operation]), rounded(alone));
  });

  it('refuse a camera of one row', async () => {
    const height: ResizeOperation = {
      ...{ op: 'resize', stage, mode: 'cvArea', of: 'input' },
      factor: 1 / 24,
    };
    const weights = [1, 0, 0, 0] as const;
    const camera: Operation = {
      ...{ op: 'isp', stage, gain: 1, red: 1, blue: 1, weights },
      ...{ shot: 0, read: 0 },
    };
    await assert.rejects(async () => lqOf([height, camera], 12), {
      code: 'E_RECIPE',
      message: /operation 2.*2 x 2/,
    });
  });

  it('blur with estimated and with shifted kernels', async () => {
    const blurOf = { op: 'blur', stage, sigmaY: 0, theta: 0, beta: 0, omega: 0 } as const;
    const taps = new Float32Array(2 * 25);
    taps[12] = 1;
    taps[25 + 3] = 0.75;
    taps[25 + 20] = 0.25;
    const banks = { kernels: { size: 5, taps } };
    const estimated = { ...blurOf, kernel: 'bank', kernelSize: 5, sigmaX: 0, shift: 0 } as const;
    assert.deepEqual(await lqOf([{ ...estimated, index: 0 }], 1, banks), rounded(image));
    const out = await lqOf([{ ...estimated, index: 1 }], 1, banks);
    const [y, x] = [11, 7];
    const at = (row: number, column: number) => image[row * size[1] + column] as number;
    const expected = 0.75 * at(y - 2, x + 1) + 0.25 * at(y + 2, x - 2);
    assert.ok(Math.abs((out[y * size[1] + x] as number) - expected) < 0.6 / 255);

    const shifted = { ...blurOf, kernel: 'iso', kernelSize: 9, sigmaX: 1.1, index: 0 } as const;
    const parameters = kernelParameters('iso', 9, { sigmaX: 1.1, sigmaY: 1.1, shift: 0.5 });
    const alone = rounded(blur(image, size, parameters));
    assert.deepEqual(await lqOf([{ ...shifted, shift: 0.5 }]), alone);
  });

  it('refuse a shift that leaves the kernel', async () => {
    const far: Operation = {
      ...{ op: 'blur', stage, kernel: 'iso', kernelSize: 5, sigmaX: 0.1, sigmaY: 0.1 },
      ...{ theta: 0, beta: 0, omega: 0, shift: 2.5, index: 0 },
    };
    await assert.rejects(async () => lqOf([far]), { code: 'E_RECIPE', message: /shift/ });
  });

  it('inject patches straight from a pack', async () => {
    const patchWidth = 40;
    const patch = Uint8Array.from(testImage(44, patchWidth, 8), (v) => 100 + 40 * v);
    const path = join(folder, 'noise.pack');
    writeFileSync(path, Buffer.concat([Buffer.alloc(12), patch]));
    const pack = native.openPack(path, Float64Array.of(12, 44, patchWidth));
    const patches = { pack, size: 32, places: Int32Array.of(0, 0, 0, 0, 11, 7) };
    const inject: Operation = { op: 'inject', stage, patch: 1, top: 5, left: 8 };
    const crop = { patch, patchWidth, top: 16, left: 15 };
    try {
      const out = await lqOf([inject], 1, { patches });
      assert.deepEqual(out, rounded(injectNoise(image, size, crop)));
    } finally {
      pack.dispose();
    }
  });
});
