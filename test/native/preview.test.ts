import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import sharp from 'sharp';
import { openPhotos } from '../../src/data/open.ts';
import type { NoiseOperation, Operation } from '../../src/degradation/recipe.ts';
import { stepImages } from '../../src/evaluate/preview.ts';
import { synthesizePairs } from '../../src/evaluate/synthesis.ts';
import { realEsrganSpace, sampleRecipe } from '../../src/index.ts';
import { operationText, summaryText } from '../../src/report/operation-text.ts';

const root = mkdtempSync(join(tmpdir(), 'evensr-preview-'));
after(() => rmSync(root, { recursive: true, force: true }));

it('the steps of a recipe begin with gt and end with lq', async () => {
  const [width, height] = [200, 190];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i) % 251);
  const file = join(root, 'photo.png');
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(file);
  const photos = await openPhotos({ images: file, packDir: root });
  const plan = { crop: 96, margin: 8, scale: 4, usm: false };
  try {
    for (let index = 0; index < 8; index++) {
      const recipe = sampleRecipe(realEsrganSpace, { seed: 2, index, scale: 4 });
      const job = { photo: 0, top: 40, left: 50, size: 96, margin: 8, usm: false, recipe };
      const steps = await stepImages(photos, job, plan);
      assert.equal(steps.length, recipe.operations.length + 1);
      for await (const [pair] of synthesizePairs(photos.pack, [job])) {
        assert.deepEqual(steps[0], pair?.gt);
        assert.deepEqual(steps.at(-1), pair?.lq);
      }
    }
  } finally {
    photos.pack.dispose();
  }
});

it('captions name every operation and what matters about it', () => {
  const blur: Operation = {
    ...{ op: 'blur', stage: 1, kernel: 'aniso', kernelSize: 21, sigmaX: 2.8349, sigmaY: 0.4 },
    ...{ theta: Math.PI / 4, beta: 0, omega: 0, shift: 0, index: 0 },
  };
  const text = (operation: Operation) => {
    const { name, parameters } = operationText(operation);
    return [name, ...parameters].join(' | ');
  };
  assert.equal(text(blur), 'blur | anisotropic 21×21 | σ 2.83 × 0.4, 45°');
  assert.equal(
    text({ ...blur, kernel: 'plateauIso', beta: 1.5, sigmaY: 2.8349 }),
    'blur | plateau isotropic 21×21 | σ 2.83, beta 1.5',
  );
  assert.equal(
    text({ ...blur, kernel: 'iso', shift: 1.5 }),
    'blur | isotropic 21×21 | σ 2.83, moved 1.5 px',
  );
  assert.equal(
    text({ ...blur, kernel: 'sinc', omega: 1.0472 }),
    'blur | sinc 21×21 | cutoff 1.05 rad/pixel',
  );
  assert.equal(text({ ...blur, kernel: 'bank', index: 7 }), 'blur | estimated kernel 7');
  assert.equal(
    text({ op: 'resize', stage: 1, mode: 'cvArea', of: 'input', factor: 0.5 }),
    'resize | area (OpenCV) | 0.5 of its input',
  );
  const noise: NoiseOperation = {
    ...{ op: 'noise', stage: 1, type: 'gaussian', level: 12.345, channels: 'gray', vals: 0 },
    mix: [0, 0, 0, 0, 0, 0],
  };
  assert.equal(text(noise), 'noise | gaussian, gray | σ 12.3 of 255');
  assert.equal(
    text({ ...noise, type: 'poisson', channels: 'colour' }),
    'noise | poisson | scale 12.3',
  );
  assert.equal(
    text({ ...noise, type: 'poisson', channels: 'colour', vals: 512.5 }),
    'noise | poisson | 513 photons at white',
  );
  assert.equal(
    text({
      op: 'isp',
      stage: 1,
      gain: 1.5,
      red: 2,
      blue: 1.7,
      weights: [1, 0, 0, 0],
      shot: 0.01,
      read: 0.0004,
    }),
    'camera noise | shot 0.01, read 0.0004 | gain 1.5',
  );
  assert.equal(
    text({ op: 'inject', stage: 2, patch: 31, top: 0, left: 4 }),
    'real noise | patch 31',
  );
  const jpeg = {
    op: 'jpeg',
    stage: 2,
    quality: 47.04,
    backend: 'libjpeg',
    subsampling: '420',
  } as const;
  assert.equal(text(jpeg), 'JPEG | quality 47 | libjpeg, 4:2:0');
  assert.equal(text({ op: 'clamp', stage: 2 }), 'clamp | to [0, 1]');
  const recipe = { seed: [0, 0], graySeed: [0, 0], scale: 4 } as const;
  assert.deepEqual(
    summaryText({ ...recipe, operations: [blur, noise, jpeg, { ...jpeg, quality: 95 }] }),
    ['gaussian 12.3', 'JPEG 47, 95'],
  );
  assert.deepEqual(summaryText({ ...recipe, operations: [] }), []);
});
