import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PictureInfo } from '../../src/image/picture.ts';
import { activationBytes } from '../../src/infer/activation-memory.ts';
import { bicubicEngine } from '../../src/infer/bicubic-engine.ts';
import type { TileEngine } from '../../src/infer/engine.ts';
import { modelOf } from '../../src/infer/model.ts';
import { nativeEngine } from '../../src/infer/native-engine.ts';
import type { UpscaleOptions } from '../../src/infer/picture-upscaler.ts';
import { Upscaler } from '../../src/infer/upscaler.ts';
import type { Precision } from '../../src/native.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { collector, type MemoryPicture, readerOf, testPicture } from '../memory-picture.ts';

const network: NetworkConfig = { type: 'srvgg', scale: 4, numFeat: 8, numConv: 2, init: 'he' };

function engine(tile?: number, config = network, seed = 3, precision?: Precision): TileEngine {
  const spec = buildNetwork(config);
  const values = initialWeights(spec, seed).map((value) => 0.3 * value);
  const info = { file: 'test', step: null, weights: 'file' as const, network: config };
  return nativeEngine(
    modelOf({ info, spec, values, metadata: {} }, 2, precision && { precision }),
    { tile },
  );
}

async function upscaled(
  upscaler: Upscaler,
  picture: MemoryPicture,
  options: UpscaleOptions = { alpha: 'network' },
): Promise<MemoryPicture> {
  const writer = collector(upscaler.outputInfo(picture.info, options));
  await upscaler.upscale(readerOf(picture), writer, options);
  return writer.picture();
}

const kinds = ([1, 2, 3, 4] as const).flatMap((channels) =>
  ([8, 16] as const).map((depth) => ({ channels, depth })),
);

describe('a picture in tiles', () => {
  it('is the picture in one piece, bit for bit, for gray, RGB, alpha, 8 and 16 bits', async () => {
    const [whole, tiled] = [new Upscaler(engine(256)), new Upscaler(engine(24))];
    for (const kind of kinds) {
      const picture = testPicture({ width: 61, height: 83, ...kind });
      for (const options of [
        { alpha: 'network' },
        { alpha: 'bicubic', outputScale: 2.5 },
      ] as UpscaleOptions[]) {
        const expected = await upscaled(whole, picture, options);
        const found = await upscaled(tiled, picture, options);
        assert.deepEqual(found.rows, expected.rows, JSON.stringify({ kind, options }));
      }
    }
  });

  it('hardly shows where tiles are blended', async () => {
    const deep: NetworkConfig = { ...network, numConv: 16 };
    const blended = engine(40, deep);
    assert.ok(blended.geometry.ramp > 0);
    const picture = testPicture({ width: 120, height: 90, channels: 3, depth: 8 });
    const expected = await upscaled(new Upscaler(engine(384, deep)), picture);
    const found = await upscaled(new Upscaler(blended), picture);
    const far = found.rows.filter((v, i) => Math.abs(v - (expected.rows[i] as number)) > 2).length;
    assert.ok(far < 0.001 * found.rows.length, `${far} samples differ by more than 2`);
  });

  it('is the same beside others as alone, whatever shares its batches', async () => {
    const upscaler = new Upscaler(engine(32));
    const pictures = [20, 20, 20, 33, 20, 64, 33].map((width, i) =>
      testPicture({ width, height: 25, channels: 3, depth: 8 }, i),
    );
    const alone: MemoryPicture[] = [];
    for (const picture of pictures) alone.push(await upscaled(upscaler, picture));
    const together = await Promise.all(pictures.map((picture) => upscaled(upscaler, picture)));
    assert.deepEqual(together, alone);
  });

  it('is at least one pixel, whatever the output size', async () => {
    const upscaler = new Upscaler(engine());
    const picture = testPicture({ width: 1, height: 3, channels: 3, depth: 8 });
    const { info } = await upscaled(upscaler, picture, { alpha: 'network', outputScale: 0.1 });
    assert.deepEqual([info.width, info.height], [1, 1]);
  });
});

describe('tiles of the same size', () => {
  it('share a batch, of one picture or of several', async () => {
    const inner = engine(32);
    const batches: number[] = [];
    const spy: TileEngine = {
      ...inner,
      run: (lq, shape, placements) => {
        batches.push(shape.batch);
        return inner.run(lq, shape, placements);
      },
    };
    const upscaler = new Upscaler(spy);
    const pictures = Array.from({ length: 12 }, (_, i) =>
      testPicture({ width: 30, height: 30, channels: 3, depth: 8 }, i),
    );
    await Promise.all(pictures.map((picture) => upscaled(upscaler, picture)));
    assert.equal(
      batches.reduce((a, b) => a + b),
      12,
    );
    assert.ok(batches.length <= 3, `${batches.length} batches`);
  });

  it('fail together, and later ones go on', async () => {
    const inner = engine(32);
    let calls = 0;
    const failing: TileEngine = {
      ...inner,
      run: async (lq, shape, placements) => {
        if (calls++ === 0) throw new Error('out of luck');
        await inner.run(lq, shape, placements);
      },
    };
    const upscaler = new Upscaler(failing);
    const picture = testPicture({ width: 90, height: 90, channels: 4, depth: 8 });
    await assert.rejects(upscaled(upscaler, picture), { message: 'out of luck' });
    assert.ok(await upscaled(upscaler, picture));
  });
});

describe('alpha', () => {
  it('that is full stays full, and its colours are those of the picture without it', async () => {
    const upscaler = new Upscaler(engine(32));
    const rgb = testPicture({ width: 50, height: 40, channels: 3, depth: 8 });
    const rows = new Uint8Array(50 * 40 * 4).fill(255);
    for (let i = 0; i < 50 * 40; i++) rows.set(rgb.rows.subarray(3 * i, 3 * i + 3), 4 * i);
    const rgba: MemoryPicture = { info: { ...rgb.info, channels: 4 }, rows };
    const [plain, found] = [await upscaled(upscaler, rgb), await upscaled(upscaler, rgba)];
    assert.ok(found.rows.every((value, i) => i % 4 !== 3 || value === 255));
    assert.deepEqual(
      found.rows.filter((_, i) => i % 4 !== 3),
      plain.rows,
    );
  });

  it('keeps the colours of what cannot be seen out of what can', async () => {
    // White on the left, invisible green on the right: no green may bleed into the edge.
    const info: PictureInfo = { width: 24, height: 8, channels: 4, depth: 8, metadata: {} };
    const rows = new Uint8Array(24 * 8 * 4);
    for (let i = 0; i < 24 * 8; i++) {
      rows.set(i % 24 < 12 ? [255, 255, 255, 255] : [0, 255, 0, 0], 4 * i);
    }
    const found = await upscaled(new Upscaler(bicubicEngine(4)), { info, rows });
    for (let i = 0; i < found.rows.length; i += 4) {
      const [r, g, b, a] = found.rows.subarray(i, i + 4) as Uint8Array;
      if (a === 0) continue;
      assert.ok(Math.abs((g as number) - (r as number)) <= 1 && r === b, `${r} ${g} ${b} ${a}`);
    }
  });
});

describe('bicubic interpolation as an engine', () => {
  it('is the resize that networks are compared with', async () => {
    const picture = testPicture({ width: 300, height: 21, channels: 3, depth: 8 });
    const found = await upscaled(new Upscaler(bicubicEngine(3)), picture);
    const { native } = await import('../../src/native.ts');
    const target = { height: 63, width: 900 };
    const options = { antialias: true };
    const expected = await native.resizeImage(
      picture.rows as Uint8Array,
      picture.info,
      target,
      options,
    );
    const differing = found.rows.filter((value, i) => value !== expected[i]).length;
    // float32 here, float64 there: a few values lie on the other side of a half.
    assert.ok(differing < 0.001 * found.rows.length, `${differing} samples differ`);
  });
});

describe('the memory of a picture', () => {
  it('stays below half a gigabyte for 200 megapixels, however wide', () => {
    const upscaler = new Upscaler(engine());
    for (const [width, height] of [
      [14142, 14142],
      [60000, 3333],
      [3333, 60000],
    ] as const) {
      const info: PictureInfo = { width, height, channels: 3, depth: 8, metadata: {} };
      const bytes = upscaler.memoryFor(info, { alpha: 'network' });
      assert.ok(bytes < 512e6, `${width} x ${height}: ${bytes / 1e6} MB`);
    }
  });

  it('counts the activations that are needed at once', () => {
    // 8 + 8 channels between two convolutions; 48 + 3 when the result is shuffled and the input added.
    const plain = { type: 'srvgg', scale: 1, numFeat: 8, numConv: 2 } as const;
    assert.equal(activationBytes(buildNetwork(plain)), 4 * (3 + 8 + 8));
    assert.ok(activationBytes(buildNetwork(network)) >= 4 * (3 + 48 + 48));
  });
});

describe('a picture in bfloat16', () => {
  it('differs from that in float32, by a step of 8 bits at most, and says so', async () => {
    const wide: NetworkConfig = { ...network, numFeat: 32 };
    const picture = testPicture({ width: 40, height: 30, channels: 3, depth: 16 });
    const rounded = engine(undefined, wide, 3, 'bfloat16');
    assert.match(rounded.description, /native bfloat16$/);
    const [expected, found] = [
      await upscaled(new Upscaler(engine(undefined, wide)), picture),
      await upscaled(new Upscaler(rounded), picture),
    ];
    const distances = Array.from(expected.rows, (value, i) =>
      Math.abs(value - (found.rows[i] as number)),
    );
    const largest = Math.max(...distances);
    assert.ok(largest > 0 && largest <= 257, `${largest} of 65535`);
  });
});

describe('the fingerprint', () => {
  it('changes with weights, network, tiles and precision, and with nothing else', () => {
    const prints = [
      engine(),
      engine(undefined, network, 4),
      engine(40),
      engine(undefined, network, 3, 'bfloat16'),
      engine(undefined, { ...network, numConv: 1 }),
    ].map(({ fingerprint }) => fingerprint);
    assert.equal(new Set(prints).size, 5);
    assert.equal(engine().fingerprint, prints[0]);
    assert.equal(engine(undefined, network, 3, 'float32').fingerprint, prints[0]);
  });
});
