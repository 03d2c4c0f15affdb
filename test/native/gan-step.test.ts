/** A generator and its discriminator: three iterations against PyTorch, and what stops a step. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NativeBatch, NativeTrainer } from '../../src/native.ts';
import { elements } from '../../src/network/spec.ts';
import {
  judgeSpec,
  type Movement,
  makePair,
  nameOf,
  type Part,
  pixels,
  type ReferenceCase,
  rates,
  reference,
  referenceBatch,
  scale,
  spec,
  stateOf,
} from './gan.ts';
import { testNative } from './networks.ts';
import { formula, referenceWeights } from './reference-values.ts';

function assertClose(actual: number, expected: number, tolerance: number, what: string): void {
  const error = Math.abs(actual - expected);
  assert.ok(error <= tolerance, `${what}: ${actual}, expected ${expected}, off by ${error}`);
}

function assertMoved(
  trainer: NativeTrainer,
  block: Float32Array,
  start: Float32Array,
  expected: readonly Movement[],
  what: string,
): void {
  let position = 6_000_000;
  for (const [i, { name, shape, offset }] of trainer.tensors().entries()) {
    let [squares, along] = [0, 0];
    for (let at = offset; at < offset + elements(shape); at++) {
      const moved = (block[at] as number) - (start[at] as number);
      squares += moved * moved;
      along += moved * (formula(position++) - 0.5);
    }
    const wanted = expected[i] as Movement;
    // Of relativistic losses the two terms all but cancel in the gradient of the last bias.
    const tolerance = (name === 'conv9.bias' ? 4e-3 : 2e-4) * wanted.distance;
    assertClose(Math.sqrt(squares), wanted.distance, tolerance, `${what} ${name}, distance`);
    assertClose(along, wanted.along, tolerance, `${what} ${name}, along`);
  }
}

const vanilla = reference.cases[0] as ReferenceCase;

describe('three iterations of a GAN equal PyTorch in float64', () => {
  const ways = reference.cases.flatMap((test) =>
    [1, 2].map((accumulate) => ({ test, accumulate })),
  );
  for (const { test, accumulate } of ways) {
    it(`${nameOf(test)}, in ${accumulate} ${accumulate > 1 ? 'parts' : 'piece'}`, async () => {
      const { trainer, discriminator } = makePair(test);
      const batch = referenceBatch();
      const sampleWeights = Float32Array.from(test.sampleWeights);
      for (const [index, expected] of test.steps.entries()) {
        const options = { ...rates, sampleWeights, discriminator, accumulate };
        const result = await trainer.step(batch, options);
        assert.equal(result.nonFinite, null);
        const { parts } = expected;
        assert.deepEqual(Object.keys(result.parts).sort(), Object.keys(parts).sort());
        for (const [name, losses] of Object.entries(parts)) {
          for (const [n, loss] of losses.entries()) {
            const found = result.parts[name as Part]?.[n] as number;
            assertClose(found, loss, 1e-5 * Math.abs(loss), `step ${index} ${name} ${n}`);
          }
        }
        for (const [n, loss] of result.losses.entries()) {
          const sum = (['pixel', 'perceptual', 'gan'] as const).reduce(
            (all, name) => all + test[name] * (parts[name][n] as number),
            0,
          );
          assertClose(loss, sum, 1e-5 * sum, `step ${index}, loss of ${n}`);
        }
        for (const key of ['gradientNorm', 'discriminatorGradientNorm'] as const)
          assertClose(result[key], expected[key], 2e-5 * expected[key], `step ${index} ${key}`);
      }
      const start = referenceWeights(spec);
      assertMoved(trainer, trainer.getState('params'), start, test.generator, 'generator');
      assertMoved(trainer, trainer.getState('ema'), start, test.ema, 'average');
      const judge = discriminator.getState('params');
      assertMoved(
        discriminator,
        judge,
        referenceWeights(judgeSpec),
        test.discriminator,
        'discriminator',
      );
      const buffers = discriminator.getBuffers();
      assert.equal(buffers.length, test.buffers.length);
      for (const [i, value] of buffers.entries())
        assertClose(value, test.buffers[i] as number, 3e-6, `buffer ${i}`);
      assert.deepEqual([trainer.stepCount, discriminator.stepCount], [3, 3]);
    });
  }

  it('changes no bit with the number of threads', async () => {
    const batch = referenceBatch();
    const run = async (threads: number) => {
      const { trainer, discriminator } = makePair(vanilla, { threads }, { threads });
      for (let step = 0; step < 2; step++) await trainer.step(batch, { ...rates, discriminator });
      return [...stateOf(trainer), ...stateOf(discriminator)];
    };
    const alone = await run(1);
    for (const threads of [2, 3, 5]) assert.deepEqual(await run(threads), alone, `${threads}`);
  });

  it('without a discriminator only the generator learns, from the other losses', async () => {
    const { trainer } = makePair(vanilla);
    const { parts, discriminatorGradientNorm } = await trainer.step(referenceBatch(), rates);
    assert.deepEqual(Object.keys(parts).sort(), ['perceptual', 'pixel']);
    assert.ok(Number.isNaN(discriminatorGradientNorm));
  });
});

describe('a step of a GAN that is not finite', () => {
  const spoil = (trainer: NativeTrainer, name: string) => {
    const values = trainer.getState('params');
    values[trainer.tensors().find((tensor) => tensor.name === name)?.offset as number] = Number.NaN;
    trainer.setState('params', values);
  };
  const skipped = async (
    { trainer, discriminator }: ReturnType<typeof makePair>,
    batch: NativeBatch,
    more: Partial<Parameters<NativeTrainer['step']>[1]> = {},
  ) => {
    await trainer.step(referenceBatch(), { ...rates, discriminator });
    return async () => {
      const before = [stateOf(trainer), stateOf(discriminator)];
      const { nonFinite } = await trainer.step(batch, { ...rates, discriminator, ...more });
      assert.deepEqual([stateOf(trainer), stateOf(discriminator)], before);
      return nonFinite;
    };
  };

  for (const test of reference.cases) {
    it(`${nameOf(test)}: changes no bit of either network, u and v included`, async () => {
      const pair = makePair(test);
      const bad = referenceBatch((lq) => {
        lq[7] = Number.NaN;
      });
      const step = await skipped(pair, bad);
      assert.equal(await step(), 'lq');
    });
  }

  it('names the loss and its sample', async () => {
    const pair = makePair(vanilla);
    const step = await skipped(pair, referenceBatch());
    spoil(pair.trainer, 'body.0.weight');
    assert.equal(await step(), 'pixel loss of sample 0');
  });

  it('says when it was the discriminator, whose logits are the first to show it', async () => {
    const pair = makePair(vanilla);
    const step = await skipped(pair, referenceBatch());
    spoil(pair.discriminator, 'conv9.bias');
    assert.equal(await step(), 'gan loss of sample 0');
  });

  it('skips the generator too when only the update of the discriminator is not finite', async () => {
    const pair = makePair(vanilla);
    const step = await skipped(pair, referenceBatch());
    const m = pair.discriminator.getState('m').fill(3e38);
    pair.discriminator.setState('m', m);
    assert.equal(await step(), 'discriminator: update of conv0.weight');
  });
});

describe('gradient clipping', () => {
  it('shortens a longer gradient to clipNorm, which it reports unclipped', async () => {
    const moments = async (clipNorm?: number) => {
      const { trainer, discriminator } = makePair(vanilla, clipNorm ? { clipNorm } : {});
      const result = await trainer.step(referenceBatch(), { ...rates, discriminator });
      return { norm: result.gradientNorm, m: trainer.getState('m') };
    };
    const free = await moments();
    const clipped = await moments(free.norm / 4);
    assert.equal(clipped.norm, free.norm);
    for (const [i, value] of clipped.m.entries())
      assertClose(value, (free.m[i] as number) / 4, 1e-6 * free.norm, `moment ${i}`);
    assert.deepEqual((await moments(2 * free.norm)).m, free.m);
  });
});

describe('a discriminator', () => {
  it('that is busy is E_BUSY', async () => {
    const { trainer, discriminator } = makePair(vanilla);
    const batch = referenceBatch();
    const first = trainer.step(batch, { ...rates, discriminator });
    assert.throws(() => trainer.step(batch, { ...rates, discriminator }), { code: 'E_BUSY' });
    assert.throws(() => discriminator.getState('params'), { code: 'E_BUSY' });
    await first;
    assert.equal((await trainer.step(batch, { ...rates, discriminator })).nonFinite, null);
  });

  it('is kept alive by a step when it is disposed, and needs a learning rate', async () => {
    const { trainer, discriminator } = makePair(vanilla);
    const batch = referenceBatch();
    assert.throws(() => trainer.step(batch, { learningRate: 1e-3, discriminator }), {
      name: 'TypeError',
      message: /discriminatorLearningRate/,
    });
    const pending = trainer.step(batch, { ...rates, discriminator });
    discriminator.dispose();
    assert.equal((await pending).nonFinite, null);
    assert.throws(() => trainer.step(batch, { ...rates, discriminator }), { code: 'E_DISPOSED' });
  });

  it('that is the generator itself, or cannot see sides of that size, is refused', async () => {
    const { trainer, discriminator } = makePair(vanilla);
    assert.throws(() => trainer.step(referenceBatch(), { ...rates, discriminator: trainer }), {
      code: 'E_SHAPE',
    });
    const odd = { batch: 1, height: 6, width: 8 };
    const count = 3 * odd.height * odd.width;
    const batch = testNative._makeBatch(pixels(count, 0), pixels(count * scale ** 2, 9), {
      ...odd,
      scale,
    });
    const before = [stateOf(trainer), stateOf(discriminator)];
    await assert.rejects(trainer.step(batch, { ...rates, discriminator }), { code: 'E_NETWORK' });
    assert.deepEqual([stateOf(trainer), stateOf(discriminator)], before);
  });
});
