import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import {
  Degrader,
  type GtImage,
  native,
  packRecipes,
  realEsrganSpace,
  sampleRecipe,
  sampleRecipes,
  stackPlanes,
} from '../../src/index.ts';

const root = mkdtempSync(join(tmpdir(), 'evensr-degrader-'));
after(() => rmSync(root, { recursive: true, force: true }));

function paint(width: number, height: number, phase = 0) {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return 128 + 60 * Math.sin(x / (5 + c) + phase) + 50 * Math.cos((y + x) / 9);
  });
  return { width, height, pixels };
}

function planar({ width, height, pixels }: ReturnType<typeof paint>) {
  const plane = width * height;
  const planes = Float32Array.from({ length: 3 * plane }, (_, i) => {
    const value = pixels[3 * (i % plane) + Math.floor(i / plane)] as number;
    return value / 255;
  });
  return { width, height, planes };
}

const asSharp = ({ width, height, pixels }: ReturnType<typeof paint>) =>
  sharp(pixels, { raw: { width, height, channels: 3 } });

describe('Degrader', () => {
  const image = paint(96, 72);
  const recipes = sampleRecipes(realEsrganSpace, { seed: 4, count: 3, scale: 4 });

  it('takes pictures in every form, and gives what the core gives', async () => {
    const path = join(root, 'photo.png');
    await asSharp(image).toFile(path);
    const forms: GtImage[] = [
      image,
      planar(image),
      path,
      readFileSync(path),
      new Uint8Array(readFileSync(path)),
      asSharp(image),
      sharp(path),
    ];
    const batch = await native.synthesizeFrom(
      planar(image).planes,
      { batch: 1, height: 72, width: 96 },
      packRecipes(recipes.slice(0, 1)),
      { usm: false, threads: 1 },
    );
    const wanted = batch.lq();
    for (const form of forms) {
      const { lq, gt } = await new Degrader().run(form, recipes[0] as (typeof recipes)[0]);
      assert.deepEqual(lq[0]?.planes, wanted);
      assert.deepEqual(gt[0]?.planes, planar(image).planes);
      const { pixels, planes } = lq[0] as (typeof lq)[0];
      const [x, y, c] = [7, 5, 2];
      assert.equal(
        pixels[3 * (y * 24 + x) + c],
        Math.round(255 * (planes[(c * 18 + y) * 24 + x] as number)),
      );
    }
  });

  it('does the same alone and in a batch of several sizes, in their order', async () => {
    const images = [paint(64, 64), paint(96, 72, 1), paint(64, 64, 2), paint(97, 75, 1)];
    const draws = sampleRecipes(realEsrganSpace, { seed: 9, count: 4, scale: 4 });
    const together = await new Degrader({ threads: 3 }).run(images, draws);
    for (const [at, one] of images.entries()) {
      const alone = await new Degrader({ threads: 1 }).run(one, draws[at] as (typeof draws)[0]);
      assert.deepEqual(together.lq[at], alone.lq[0]);
    }
    // The edges of the last are cut to a multiple of the scale.
    assert.deepEqual([together.gt[3]?.width, together.gt[3]?.height], [96, 72]);
    assert.ok(together.milliseconds >= 0);
  });

  it('goes with one picture or one recipe for all', async () => {
    const three = await new Degrader().run(image, recipes);
    assert.equal(three.lq.length, 3);
    assert.notDeepEqual(three.lq[0]?.pixels, three.lq[1]?.pixels);
    const [recipe] = recipes as [(typeof recipes)[0]];
    const same = await new Degrader().run([image, image], recipe);
    assert.deepEqual(same.lq[0], same.lq[1]);
    const { data, dims } = stackPlanes(three.lq);
    assert.deepEqual(dims, [3, 3, 18, 24]);
    assert.deepEqual(data.subarray(data.length / 3, (2 * data.length) / 3), three.lq[1]?.planes);
  });

  it('sharpens gt when asked, and returns it', async () => {
    const { gt } = await new Degrader({ usm: true }).run(image, recipes.slice(0, 1));
    assert.notDeepEqual(gt[0]?.planes, planar(image).planes);
  });

  it('draws the recipes of the samples from a number on', () => {
    const later = sampleRecipes(realEsrganSpace, { seed: 4, count: 2, scale: 4, first: 1 });
    assert.deepEqual(later, recipes.slice(1));
    assert.deepEqual(later[0], sampleRecipe(realEsrganSpace, { seed: 4, index: 1, scale: 4 }));
  });

  it('refuses with a code what it cannot take', async () => {
    const degrader = new Degrader();
    const fails = async (code: string, gt: unknown, with_: unknown = recipes) => {
      await assert.rejects(degrader.run(gt as GtImage, with_ as typeof recipes), { code });
    };
    assert.throws(() => new Degrader({ device: 'tpu' }), { code: 'E_DEVICE' });
    await fails('E_SHAPE', [image, image]);
    await fails('E_SHAPE', []);
    await fails('E_SHAPE', image, []);
    await fails('E_SHAPE', { ...image, width: 95 });
    await fails('E_SHAPE', { width: 3, height: 3, pixels: new Uint8Array(27) });
    await fails('E_SHAPE', { ...image, width: Number.NaN });
    await fails('E_PIXEL', {
      width: 64,
      height: 64,
      planes: new Float32Array(3 * 64 * 64).fill(2),
    });
    await fails('E_RECIPE', image, [{ ...recipes[0], scale: 0.5 }]);
    await fails('E_IMG_READ', join(root, 'absent.png'));
    writeFileSync(join(root, 'no.png'), 'this is no picture at all');
    await fails('E_IMG_FORMAT', join(root, 'no.png'));
    await fails('E_IMG_FORMAT', Buffer.from('this is no picture at all'));
    await fails('E_IMG_ALPHA', asSharp(image).ensureAlpha(0.5));
    assert.throws(() => stackPlanes([]), { code: 'E_SHAPE' });
  });
});

it("the README's program runs", async () => {
  const readme = fileURLToPath(new URL('../../../README.md', import.meta.url));
  const section = readFileSync(readme, 'utf8').split('## Degrade images from code')[1] ?? '';
  const program = /```ts\n(.*?)```/s.exec(section)?.[1] ?? '';
  const entry = new URL('../../src/index.js', import.meta.url).href;
  const sharpAt = pathToFileURL(fileURLToPath(import.meta.resolve('sharp'))).href;
  const text = program.replace("'evensr'", `'${entry}'`).replace("'sharp'", `'${sharpAt}'`);
  writeFileSync(join(root, 'program.mjs'), text);
  await asSharp(paint(300, 280)).toFile(join(root, 'photo.jpg'));
  const result = spawnSync(process.execPath, ['program.mjs'], { cwd: root, encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
  assert.equal(result.stdout, "[ 8, 3, 70, 75 ] [ '64x64', '64x64' ]\n");
  const { width, height } = await sharp(join(root, 'lq.png')).metadata();
  assert.deepEqual([width, height], [75, 70]);
});
