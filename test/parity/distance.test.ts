/** The feature distance: what it is worth in closed form, and PyTorch's values of the same formula. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../../src/errors.ts';
import { openFeatureDistance } from '../../src/evaluate/feature-distance.ts';
import type { RgbImage } from '../../src/infer/pixels.ts';
import { native } from '../../src/native.ts';
import { convInit, GraphBuilder } from '../../src/network/builder.ts';
import { inceptionLayers, inceptionStem } from '../../src/network/inception-stem.ts';
import { inputName } from '../../src/network/spec.ts';
import { writeFeaturesFile } from '../features-file.ts';
import { pythonWith } from '../python.ts';

const python = pythonWith('torch', 'numpy');
const script = fileURLToPath(new URL('../../../test/parity/distance_torch.py', import.meta.url));

/** Smooth structures and some noise, another image for every seed. */
function image(seed: number, width: number, height: number): RgbImage {
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const wave = Math.sin((seed + 1) * 0.11 * x + 0.07 * y + (i % 3));
    return Math.round(128 + 90 * wave + 20 * Math.sin(12.9898 * i + seed));
  });
  return { width, height, pixels };
}

describe('feature distance', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-distance-'));
    file = join(folder, 'inception.safetensors');
    writeFeaturesFile(file, inceptionStem(inceptionLayers));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is that of unit vectors', async () => {
    const graph = new GraphBuilder(3);
    graph.conv('same', inputName, 3, convInit.torch, { kernel: 1, padding: 0 });
    const spec = JSON.stringify(graph.buildFeatures('inceptionv3', ['same']));
    // The features are the pixels: weight (O, I), then bias.
    const weights = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    const distance = native.createFeatureDistance({ spec, weights, threads: 1 });
    // Two pixels: the first at a right angle, the second parallel; black pixels have no direction.
    const a = Float32Array.of(0.5, 0.2, 0, 0.4, 0, 0, 0, 0, 1, 0, 0, 0);
    const b = Float32Array.of(0, 0.1, 0.25, 0.2, 0, 0, 0, 0, 0, 1, 0, 0);
    const found = await distance.measure(a, b, { batch: 2, height: 1, width: 2 });
    const expected = [2 / 2, (1 + 1) / 2];
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs((found[i] as number) - value) < 1e-6, `${found}`);
    assert.throws(() => distance.measure(a, b, { batch: 1, height: 1, width: 2 }), {
      code: 'E_SHAPE',
    });
    distance.dispose();
    assert.throws(() => distance.measure(a, b, { batch: 2, height: 1, width: 2 }), {
      code: 'E_DISPOSED',
    });
  });

  it('is 0 for equal images, symmetric, and the same alone and in a batch', async () => {
    const distance = await openFeatureDistance(file, 2);
    const [a, b, c] = [0, 1, 2].map((seed) => image(seed, 80, 64)) as [
      RgbImage,
      RgbImage,
      RgbImage,
    ];
    const found = await distance.between([a, b, c], [a, c, b], 4);
    assert.equal(found[0], 0);
    assert.equal(found[1], found[2]);
    assert.ok((found[1] as number) > 0.01);
    assert.equal((await distance.between([b], [c], 4))[0], found[1]);
    await assert.rejects(distance.between([a], [b], 30), { code: 'E_SHAPE' });
    distance.dispose();
  });

  it('is what PyTorch computes', { skip: python.skip }, async () => {
    const distance = await openFeatureDistance(file, 2);
    const [width, height, border] = [83, 70, 3];
    const [a, b] = [
      [0, 1],
      [2, 3],
    ].map((seeds) => seeds.map((seed) => image(seed, width, height))) as [RgbImage[], RgbImage[]];
    const found = await distance.between(a, b, border);
    distance.dispose();
    // Within the border 77x64 pixels, of which 72x64 are looked at.
    const planes = (images: RgbImage[]) =>
      Float32Array.from(
        images.flatMap(({ pixels }) =>
          [0, 1, 2].flatMap((c) =>
            Array.from({ length: 64 }, (_, y) =>
              Array.from(
                { length: 72 },
                (__, x) => (pixels[3 * ((y + border) * width + x + border) + c] as number) / 255,
              ),
            ).flat(),
          ),
        ),
      );
    for (const [name, images] of Object.entries({ a, b }))
      writeFileSync(join(folder, name), new Uint8Array(planes(images).buffer));
    const args = [script, file, join(folder, 'a'), join(folder, 'b'), '2', '64', '72'];
    const expected = JSON.parse(execFileSync(python.path, args, { encoding: 'utf8' })) as number[];
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs((found[i] as number) / value - 1) < 1e-5, `${found} ${expected}`);
  });

  it('refuses a file of another network', async () => {
    const other = join(folder, 'other.safetensors');
    writeFeaturesFile(other, inceptionStem(['conv2d_3']));
    await assert.rejects(openFeatureDistance(other), {
      code: 'E_MODEL',
      exitCode: exitCodes.invalidModel,
    });
    await assert.rejects(openFeatureDistance(join(folder, 'none')), {
      code: 'E_MODEL',
      exitCode: exitCodes.invalidModel,
    });
  });
});
