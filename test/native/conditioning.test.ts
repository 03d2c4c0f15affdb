/** Networks that go by statistics of the whole picture: where they begin, estimates, windows of a picture. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelOf } from '../../src/infer/model.ts';
import { nativeEngine } from '../../src/infer/native-engine.ts';
import { conditionOf } from '../../src/infer/picture-condition.ts';
import { Upscaler } from '../../src/infer/upscaler.ts';
import { native } from '../../src/native.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { conditionPrefix, statisticsNetwork } from '../../src/network/conditioner.ts';
import { initialWeights } from '../../src/network/init.ts';
import { macsPerPixel } from '../../src/network/macs.ts';
import { elements, type NetworkSpec, parameterOffsets } from '../../src/network/spec.ts';
import { collector, type MemoryPicture, readerOf, testPicture } from '../memory-picture.ts';
import { makeBatch, makeTrainer, uniforms } from './networks.ts';

const severities = ['bottleneck', 'noise'];
const conditioning = { filters: 6, hidden: 10 };
const srvgg = { type: 'srvgg', scale: 2, numFeat: 24, numConv: 2, init: 'he' } as const;
const msrresnet = { type: 'msrresnet', scale: 2, numFeat: 12, numBlock: 2, init: 'he' } as const;
const networks = [srvgg, msrresnet];

/** Changed from their first values, so that what is seen in a picture matters. */
function taught(spec: NetworkSpec, seed = 5): Float32Array {
  const noise = uniforms(initialWeights(spec, seed).length, seed, -0.15, 0.15);
  return initialWeights(spec, seed).map((value, i) => value + (noise[i] as number));
}

describe('a conditioned network', () => {
  for (const network of networks) {
    it(`begins as the plain one does (${network.type})`, async () => {
      const [plain, spec] = [buildNetwork(network), buildNetwork({ ...network, conditioning })];
      const own = spec.parameters.filter(({ name }) => !name.startsWith(conditionPrefix));
      assert.deepEqual(own, plain.parameters);
      const weights = initialWeights(spec, 4);
      const offsets = parameterOffsets(spec);
      const same = own.flatMap(({ name, shape }) => {
        const at = offsets.get(name) as number;
        return [...weights.subarray(at, at + elements(shape))];
      });
      const size = { batch: 2, height: 9, width: 11 };
      const lq = uniforms(3 * 2 * 9 * 11, 1);
      const results = await Promise.all([
        makeTrainer(spec, { weights }).forward(lq, size, 'params'),
        makeTrainer(plain, { weights: Float32Array.from(same) }).forward(lq, size, 'params'),
      ]);
      assert.deepEqual(results[0], results[1]);
    });
  }

  it('begins with filters that flat colours leave at 0', async () => {
    const spec = statisticsNetwork(buildNetwork({ ...srvgg, conditioning }));
    const trainer = makeTrainer(spec, { weights: initialWeights(spec, 4) });
    const lq = uniforms(3 * 64, 1).map((_, i) => [0.9, 0.2, 0.5][Math.floor(i / 64)] as number);
    const found = await trainer.forward(lq, { batch: 1, height: 8, width: 8 }, 'params');
    assert.ok(found.every((value) => value < 1e-5));
    const grain = uniforms(3 * 64, 2, 0.45, 0.55);
    const seen = await trainer.forward(grain, { batch: 1, height: 8, width: 8 }, 'params');
    assert.ok(seen.every((value) => value > 0.05 && value < 1));
  });

  it('treats samples of a batch each by its own statistics', async () => {
    const spec = buildNetwork({ ...srvgg, conditioning });
    const trainer = makeTrainer(spec, { weights: taught(spec) });
    const lq = uniforms(3 * 2 * 64, 1).map((value, i) => (i < 3 * 64 ? value : 0.1 * value));
    const both = await trainer.forward(lq, { batch: 2, height: 8, width: 8 }, 'params');
    const size = { batch: 1, height: 8, width: 8 };
    const second = await trainer.forward(lq.slice(3 * 64), size, 'params');
    assert.deepEqual(both.subarray(both.length / 2), second);
  });

  it('costs its filters a pixel, and the rest once a picture', () => {
    const cost = macsPerPixel(buildNetwork({ ...srvgg, conditioning }));
    assert.equal(cost - macsPerPixel(buildNetwork(srvgg)), conditioning.filters * 3 * 25);
  });

  it('computes the same on any number of threads', async () => {
    const spec = buildNetwork({ ...srvgg, conditioning: { ...conditioning, severities } });
    const states = [];
    for (const threads of [1, 2, 5]) {
      const trainer = makeTrainer(spec, { threads, weights: taught(spec), estimateWeight: 1 });
      const options = { learningRate: 1e-3, severities: uniforms(8, 2) };
      await trainer.step(makeBatch(2, { batch: 4, height: 11, width: 9 }, 1), options);
      states.push(trainer.getState('params'));
    }
    assert.deepEqual(states[1], states[0]);
    assert.deepEqual(states[2], states[0]);
  });
});

describe('an estimate of severities', () => {
  const spec = buildNetwork({ ...srvgg, conditioning: { ...conditioning, severities } });
  const batch = makeBatch(2, { batch: 4, height: 11, width: 9 }, 1);
  const truth = uniforms(8, 2);
  const learningRate = 1e-3;

  it('is learnt, and is no part of what a sample loses', async () => {
    const trainer = makeTrainer(spec, { weights: initialWeights(spec, 4), estimateWeight: 1 });
    const results = [];
    for (let step = 0; step < 60; step++) {
      results.push(await trainer.step(batch, { learningRate: 5e-3, severities: truth }));
    }
    const sumOf = (values: ArrayLike<number> = []) =>
      Array.from(values).reduce((sum, v) => sum + v, 0);
    const [first, last] = [results[0], results.at(-1)];
    assert.ok(sumOf(last?.parts.estimate) < 0.5 * sumOf(first?.parts.estimate));
    assert.deepEqual(first?.losses, first?.parts.pixel);
  });

  it('goes by all samples of a batch in parts', async () => {
    const [whole, parts] = await Promise.all(
      [1, 2].map(async (accumulate) => {
        const trainer = makeTrainer(spec, { weights: taught(spec), estimateWeight: 1 });
        const result = await trainer.step(batch, { learningRate, severities: truth, accumulate });
        return { ...result, m: trainer.getState('m') };
      }),
    );
    assert.deepEqual(parts?.parts.estimate, whole?.parts.estimate);
    const far = whole?.m.reduce(
      (most, v, i) => Math.max(most, Math.abs(v - (parts?.m[i] ?? 0))),
      0,
    );
    assert.ok((far as number) < 1e-5, `${far}`);
  });

  it('needs the truth, of as many numbers as there are, and no other network takes one', async () => {
    const trainer = makeTrainer(spec);
    for (const given of [undefined, truth.slice(1)]) {
      const options = { learningRate, ...(given ? { severities: given } : {}) };
      await assert.rejects(trainer.step(batch, options), {
        code: 'E_SHAPE',
        message: /takes 8 severities/,
      });
    }
    const other = makeTrainer(buildNetwork({ ...srvgg, conditioning }));
    const refused = other.step(batch, { learningRate, severities: truth });
    await assert.rejects(refused, { code: 'E_SHAPE', message: /takes 0 severities/ });
    const bad = truth.map((value, i) => (i === 3 ? Number.NaN : value));
    const { nonFinite } = await trainer.step(batch, { learningRate, severities: bad });
    assert.equal(nonFinite, 'estimate loss of sample 1');
  });
});

describe('a picture through a conditioned network', () => {
  const network: NetworkConfig = { ...srvgg, conditioning: { ...conditioning, severities } };
  const spec = buildNetwork(network);
  const values = taught(spec);
  const info = { file: 'test', step: null, weights: 'file' as const, network };
  const model = () => modelOf({ info, spec, values, metadata: {} }, 2);

  async function upscaled(picture: MemoryPicture, tile: number): Promise<MemoryPicture> {
    const upscaler = new Upscaler(nativeEngine(model(), { tile }));
    const options = { alpha: 'network' } as const;
    const writer = collector(upscaler.outputInfo(picture.info, options));
    await upscaler.upscale(readerOf(picture), writer, options);
    await upscaler.dispose();
    return writer.picture();
  }

  it('goes by the statistics of the whole, joined from parts of it', async () => {
    const picture = testPicture({ width: 300, height: 271, channels: 3, depth: 8 });
    const own = model();
    const engine = own.condition ?? assert.fail();
    const reader = readerOf(picture);
    const found = await conditionOf(reader, engine, false);
    assert.equal(found.alpha, undefined);
    assert.equal((await reader.read(271)).length, picture.rows.length, 'the reader was rewound');
    const planes = new Float32Array(3 * 275 * 304);
    for (const [i, value] of picture.rows.entries()) {
      const [c, x, y] = [i % 3, Math.floor(i / 3) % 300, Math.floor(i / 900)];
      planes[(c * 275 + y + 2) * 304 + x + 2] = value / 255;
    }
    const once = await engine.measure(planes, { height: 271, width: 300 });
    assert.equal(once.length, 2 * conditioning.filters);
    for (const [i, value] of found.colours.entries())
      assert.ok(Math.abs(value - (once[i] as number)) < 1e-6 * (once[i] as number), `${i}`);
    own.dispose();
  });

  it('is the same in tiles as in one piece, with alpha too', async () => {
    for (const channels of [3, 4] as const) {
      const picture = testPicture({ width: 61, height: 83, channels, depth: 16 });
      const [whole, tiled] = [await upscaled(picture, 256), await upscaled(picture, 24)];
      const far = Math.max(
        ...Array.from(tiled.rows, (v, at) => Math.abs(v - (whole.rows[at] as number))),
      );
      assert.ok(far <= 2, `${far} of 65535`);
    }
  });

  it('in one piece is what the network makes of it by itself', async () => {
    const picture = testPicture({ width: 40, height: 30, channels: 3, depth: 16 });
    const found = await upscaled(picture, 64);
    const own = model();
    const planes = Float32Array.from({ length: 3600 }, (_, i) => {
      const [c, at] = [Math.floor(i / 1200), i % 1200];
      return (picture.rows[3 * at + c] as number) / 65535;
    });
    const sr = await own.forward(planes, { batch: 1, height: 30, width: 40 });
    for (const [i, value] of found.rows.entries()) {
      const expected = (sr[(i % 3) * 4800 + Math.floor(i / 3)] as number) * 65535;
      const clamped = Math.min(65535, Math.max(0, expected));
      assert.ok(Math.abs(value - clamped) <= 2, `${i}: ${value}, ${expected}`);
    }
    own.dispose();
  });

  it('is another one where every tile would go by itself', async () => {
    const picture = testPicture({ width: 61, height: 83, channels: 3, depth: 8 });
    for (let i = 0; i < picture.rows.length / 2; i++) picture.rows[i] = 128;
    const whole = await upscaled(picture, 24);
    const own = model();
    const upscaler = new Upscaler(nativeEngine({ ...own, condition: undefined }, { tile: 24 }));
    const writer = collector(upscaler.outputInfo(picture.info, { alpha: 'network' }));
    await upscaler.upscale(readerOf(picture), writer, { alpha: 'network' });
    assert.notDeepEqual(writer.picture().rows, whole.rows);
    await upscaler.dispose();
  });

  it('takes no condition of another size, and no other network takes one', async () => {
    const size = { height: 16, width: 16 };
    const canvas = native.createCanvas({
      ...{ channels: 3, depth: 8, ...size, capacity: 16 },
      ...{ outHeight: 16, outWidth: 16 },
    });
    const [rows, columns] = [new Float32Array(16), new Float32Array(16)];
    const placement = { canvas, alpha: null, top: 0, left: 0, rows, columns };
    const shape = { batch: 1, height: 8, width: 8 };
    const given = (network: NetworkSpec, count: number) =>
      makeTrainer(network).forwardInto(
        uniforms(192, 1),
        shape,
        [placement],
        new Float32Array(count),
      );
    await given(spec, 12);
    await assert.rejects(given(spec, 5), { code: 'E_SHAPE', message: /has 12 values, not 5/ });
    await assert.rejects(given(buildNetwork(srvgg), 12), { code: 'E_NETWORK' });
    canvas.dispose();
  });
});
