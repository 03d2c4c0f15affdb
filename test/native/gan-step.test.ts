/** A generator and its discriminator: three iterations against PyTorch, and what stops a step. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { NativeBatch, NativeTrainer, StepResult, TrainerOptions } from '../../src/native.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { convInit, GraphBuilder } from '../../src/network/builder.ts';
import { elements, inputName, type NetworkSpec } from '../../src/network/spec.ts';
import { unetDiscriminator } from '../../src/network/unet-discriminator.ts';
import { makeTrainer, type Size, testNative } from './networks.ts';
import { formula, referenceBuffers, referenceWeights } from './reference-values.ts';

type Part = keyof StepResult['parts'];

/** How far a tensor has gone from its start: its length, and along the fixture's direction. */
interface Movement {
  distance: number;
  along: number;
}

/** One case of test/fixtures/gan_reference.py. */
interface ReferenceCase {
  type: 'vanilla' | 'lsgan' | 'ragan';
  pixel: number;
  perceptual: number;
  gan: number;
  layers: number[];
  sampleWeights: number[];
  steps: {
    parts: Record<Part, number[]>;
    gradientNorm: number;
    discriminatorGradientNorm: number;
  }[];
  generator: Movement[];
  ema: Movement[];
  discriminator: Movement[];
  buffers: number[];
}

interface Reference {
  size: Size;
  network: NetworkConfig;
  discriminatorFeatures: number;
  featureChannels: [number, number];
  optimizer: TrainerOptions['optimizer'];
  emaDecay: number;
  learningRate: number;
  discriminatorLearningRate: number;
  cases: ReferenceCase[];
}

const reference = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/gan-reference.json', import.meta.url), 'utf8'),
) as Reference;
const { size, emaDecay, optimizer, learningRate, discriminatorLearningRate } = reference;
const { scale } = reference.network;
const spec = buildNetwork(reference.network);
const judgeSpec = unetDiscriminator({ numFeat: reference.discriminatorFeatures });
const deviation = [0.229, 0.224, 0.225];
const mean = [0.485, 0.456, 0.406];

/** Two convolutions as VGG19 has them. */
function featureSpec(): NetworkSpec {
  const graph = new GraphBuilder(3);
  const [one, two] = reference.featureChannels;
  const x = graph.affine('normalize', inputName, {
    scale: deviation.map((d) => 1 / d),
    shift: deviation.map((d, c) => -(mean[c] as number) / d),
  });
  const first = graph.conv('conv1', x, one, convInit.torch);
  const pooled = graph.maxPool('pool', graph.relu('act', first), 2);
  const second = graph.conv('conv2', pooled, two, convInit.torch);
  return graph.buildFeatures('features', [first, second]);
}

const pixels = (count: number, start: number) =>
  Float32Array.from({ length: count }, (_, i) => formula(start + i));

function referenceBatch(change: (lq: Float32Array) => void = () => {}): NativeBatch {
  const lq = pixels(3 * size.batch * size.height * size.width, 1_000_000);
  change(lq);
  const gtCount = lq.length * scale ** 2;
  const [gt, plain] = [pixels(gtCount, 2_000_000), pixels(gtCount, 2_500_000)];
  return testNative._makeBatch(lq, gt, { ...size, scale }, plain);
}

function makePair(
  test: ReferenceCase,
  options: Partial<TrainerOptions> = {},
  judgeOptions: Partial<TrainerOptions> = {},
) {
  const features = featureSpec();
  const trainer = makeTrainer(spec, {
    loss: { type: 'l1', epsilon: 1e-3, weight: test.pixel },
    perceptual: {
      spec: JSON.stringify(features),
      weights: referenceWeights(features),
      layerWeights: Float64Array.from(test.layers),
      weight: test.perceptual,
    },
    gan: { type: test.type, weight: test.gan },
    optimizer,
    emaDecay,
    weights: referenceWeights(spec),
    ...options,
  });
  const discriminator = makeTrainer(judgeSpec, {
    optimizer,
    emaDecay: 0,
    weights: referenceWeights(judgeSpec),
    buffers: referenceBuffers(judgeSpec),
    ...judgeOptions,
  });
  return { trainer, discriminator };
}

const rates = { learningRate, discriminatorLearningRate };

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
    const tolerance = (name === 'conv9.bias' ? 2e-3 : 2e-4) * wanted.distance;
    assertClose(Math.sqrt(squares), wanted.distance, tolerance, `${what} ${name}, distance`);
    assertClose(along, wanted.along, tolerance, `${what} ${name}, along`);
  }
}

/** All that a step may change. */
const stateOf = (trainer: NativeTrainer) => [
  ...(['params', 'ema', 'm', 'v'] as const).map((block) => trainer.getState(block)),
  trainer.getBuffers(),
  trainer.stepCount,
];

const vanilla = reference.cases[0] as ReferenceCase;

describe('three iterations of a GAN equal PyTorch in float64', () => {
  for (const test of reference.cases) {
    it(test.type, async () => {
      const { trainer, discriminator } = makePair(test);
      const batch = referenceBatch();
      const sampleWeights = Float32Array.from(test.sampleWeights);
      for (const [index, expected] of test.steps.entries()) {
        const result = await trainer.step(batch, { ...rates, sampleWeights, discriminator });
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
    it(`${test.type}: changes no bit of either network, u and v included`, async () => {
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
    assert.throws(() => trainer.step(batch, { learningRate, discriminator }), {
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
