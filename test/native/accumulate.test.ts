/** A batch computed in parts whose gradients are added up, against the same batch computed at once. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { NativeTrainer, StepResult, TrainerOptions } from '../../src/native.ts';
import { buildNetwork } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import {
  makePair,
  nameOf,
  type Part,
  type ReferenceCase,
  rates,
  reference,
  referenceBatch,
  stateOf,
} from './gan.ts';
import { makeBatch, makeTrainer } from './networks.ts';

/** ||a - b|| / ||b||. */
function distance(a: Float32Array, b: Float32Array): number {
  let [difference, norm] = [0, 0];
  for (const [i, value] of b.entries()) {
    difference += ((a[i] as number) - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** Sums in another order: some roundings of float32, of terms that partly cancel. */
const rounding = 1e-5;

/** Adam's first moment after one step is its gradient, but for a factor. */
function assertSameGradient(one: NativeTrainer, other: NativeTrainer, what: string): void {
  const far = distance(one.getState('m'), other.getState('m'));
  assert.ok(far < rounding, `${what}: ${far}`);
}

describe('the pixel loss in parts', () => {
  const spec = buildNetwork({ type: 'srvgg', scale: 2, numFeat: 24, numConv: 2, init: 'he' });
  const weights = initialWeights(spec, 7);
  const batch = makeBatch(2, { batch: 6, height: 12, width: 10 }, 1);
  const sampleWeights = Float32Array.from([1, 0.5, 2, 0, 1.5, 1]);
  const stepped = async (accumulate: number, options: Partial<TrainerOptions> = {}) => {
    const trainer = makeTrainer(spec, { weights, ...options });
    const result = await trainer.step(batch, { learningRate: 1e-3, sampleWeights, accumulate });
    return { trainer, result };
  };

  for (const accumulate of [2, 3, 6]) {
    it(`of ${accumulate} has the losses of all samples to the bit, and their gradient`, async () => {
      const [whole, parts] = [await stepped(1), await stepped(accumulate)];
      assert.deepEqual(parts.result.losses, whole.result.losses);
      assertSameGradient(parts.trainer, whole.trainer, 'gradient');
      const off = parts.result.gradientNorm / whole.result.gradientNorm - 1;
      assert.ok(Math.abs(off) < rounding, `${off}`);
      assert.equal(parts.trainer.stepCount, 1);
    });
  }

  it('clips the gradient of all samples, not that of a part', async () => {
    const { gradientNorm } = (await stepped(1)).result;
    const options = { clipNorm: gradientNorm / 3 };
    const [whole, parts] = [await stepped(1, options), await stepped(3, options)];
    assertSameGradient(parts.trainer, whole.trainer, 'gradient');
    const length = Math.hypot(...parts.trainer.getState('m')) / (1 - 0.9);
    assert.ok(Math.abs(length / options.clipNorm - 1) < 1e-5, `${length}`);
  });

  it('is refused where the parts are not equal', async () => {
    await assert.rejects(stepped(4), {
      code: 'E_SHAPE',
      message: 'a batch of 6 has no 4 equal parts',
    });
  });
});

const size = 4;

describe('a GAN in parts', () => {
  for (const test of reference.cases) {
    it(`${nameOf(test)}: both gradients, u and v, and the losses of all samples`, async () => {
      const sampleWeights = Float32Array.from([1, 0.5, 2, 0.5]);
      const run = async (accumulate: number) => {
        const pair = makePair(test);
        const { discriminator } = pair;
        const options = { ...rates, sampleWeights, accumulate, discriminator };
        const batch = referenceBatch(undefined, size);
        return { ...pair, result: await pair.trainer.step(batch, options) };
      };
      const whole = await run(1);
      for (const accumulate of [2, 4]) {
        const parts = await run(accumulate);
        assertSameLosses(parts.result, whole.result);
        assertSameGradient(parts.trainer, whole.trainer, `generator, ${accumulate}`);
        assertSameGradient(
          parts.discriminator,
          whole.discriminator,
          `discriminator, ${accumulate}`,
        );
        assert.deepEqual(parts.discriminator.getBuffers(), whole.discriminator.getBuffers());
      }
    });

    it(`${nameOf(test)}: one bad sample in the last part skips the step of both networks`, async () => {
      const { trainer, discriminator } = makePair(test);
      const options = { ...rates, discriminator, accumulate: 4 };
      await trainer.step(referenceBatch(undefined, size), options);
      const before = [stateOf(trainer), stateOf(discriminator)];
      const bad = referenceBatch((lq) => {
        lq[lq.length - 1] = Number.NaN;
      }, size);
      const { nonFinite, losses } = await trainer.step(bad, options);
      assert.equal(nonFinite, 'lq');
      // Relativistic losses compare every sample with the mean of all.
      const expected = test.type === 'ragan' ? [0, 1, 2, 3] : [3];
      const found = [...losses.keys()].filter((n) => !Number.isFinite(losses[n]));
      assert.deepEqual(found, expected);
      assert.deepEqual([stateOf(trainer), stateOf(discriminator)], before);
    });
  }
});

describe('memory asked for before the first step', () => {
  const shape = { batch: size, height: 8, width: 12 };
  const [vanilla, , ragan] = reference.cases as [ReferenceCase, unknown, ReferenceCase];

  it('is that of a part, but for the pictures that the discriminator sees and sums of gradients', async () => {
    const parametersOf = (trainer: NativeTrainer) => trainer.getState('params').length;
    const { trainer, discriminator } = makePair(vanilla);
    const bytes = async (accumulate: number) =>
      await trainer.reserve(shape, { accumulate, discriminator });
    const common = 3 * size * 16 * 24 * 4 + 4 * parametersOf(discriminator);
    const [whole, quarter] = [await bytes(1), await bytes(4)];
    const expected = (whole - common) / 4 + common + 4 * parametersOf(trainer);
    assert.ok(Math.abs(quarter / expected - 1) < 0.01, `${quarter}, ${expected} of ${whole}`);
  });

  it('holds the planes of the networks, of features and pictures, as they are known to be', async () => {
    const spec = buildNetwork({ type: 'srvgg', scale: 2, numFeat: 24, numConv: 2, init: 'he' });
    const trainer = makeTrainer(spec, { weights: initialWeights(spec, 7) });
    const least = await trainer.reserve({ batch: 1, height: 16, width: 16 }, {});
    const planes = 4 * 16 * 16;
    // Inputs of all convolutions and activations are there when the backward pass begins.
    assert.ok(least > (3 + 5 * 24 + 3 * 4) * planes, `${least}`);
    const more = await trainer.reserve({ batch: 2, height: 16, width: 16 }, {});
    assert.ok(Math.abs(more / least - 2) < 0.01, `${more}, ${least}`);
    const measuring = async (measured: number) =>
      await trainer.reserve({ batch: 2, height: 16, width: 16 }, { measured });
    // Steps and measurements use the same memory in turn; these have two planes a channel at a time.
    assert.equal(await measuring(4), more);
    assert.ok(Math.abs((await measuring(80)) / (80 * 2 * 24 * planes) - 1) < 0.2);
    const weights = trainer.getState('params').length;
    const halves = await trainer.reserve({ batch: 2, height: 16, width: 16 }, { accumulate: 2 });
    assert.ok(Math.abs(halves - least - 4 * weights) < 1024, `${halves}, ${least}`);
  });

  it('changes no bit of what steps compute', async () => {
    const states = [];
    for (const reserves of [false, true]) {
      const { trainer, discriminator } = makePair(ragan);
      const options = { ...rates, discriminator, accumulate: 2 };
      if (reserves) await trainer.reserve(shape, { ...options, measured: 3 });
      const batch = referenceBatch(undefined, size);
      for (let step = 0; step < 2; step++) await trainer.step(batch, options);
      states.push([stateOf(trainer), stateOf(discriminator)]);
    }
    assert.deepEqual(states[1], states[0]);
  });

  it('is refused with the size that is needed where only the discriminator is too much', () => {
    const kit = new URL('./gan.js', import.meta.url).href;
    const script = `import { makePair, reference } from ${JSON.stringify(kit)};
      const { trainer, discriminator } = makePair(reference.cases[0]);
      const shape = { batch: 64, height: 1024, width: 1024 };
      for (const options of [{}, { discriminator }, { discriminator, accumulate: 32 }])
        await trainer.reserve(shape, options)
          .then(() => console.log('enough'), ({ code, message }) => console.log(code, message));`;
    // The limit makes it fail also where memory is promised that is not there.
    const command = 'ulimit -v 60000000; exec "$0" --input-type=module -e "$1"';
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, script], {
      encoding: 'utf8',
    });
    assert.match(
      stdout,
      /^enough\nE_MEMORY a step of 64 samples of 1024x1024 needs 84\d{3} MiB for its activations\nenough\n$/,
      stderr,
    );
  });
});

function assertSameLosses(parts: StepResult, whole: StepResult): void {
  for (const [name, losses] of Object.entries(whole.parts)) {
    const found = parts.parts[name as Part];
    assert.equal(found?.length, losses.length, name);
    for (const [n, loss] of losses.entries()) {
      const off = Math.abs((found?.[n] as number) - loss);
      assert.ok(off <= rounding * Math.abs(loss), `${name} of sample ${n}: ${off}`);
    }
  }
}
