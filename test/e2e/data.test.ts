import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPhotos } from '../../src/data/open.ts';
import { scanPhotos } from '../../src/data/scan.ts';
import { parseConfig } from '../../src/train/config.ts';
import type { TrainObserver } from '../../src/train/observer.ts';
import { openRunPhotos } from '../../src/train/photos.ts';
import { badFiles, goodFiles, photo, png, temporaryFolder, writeFiles } from '../data-corpus.ts';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

function evensr(args: string[], env: NodeJS.ProcessEnv = process.env) {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', env });
}

describe('evensr data check', () => {
  it('exits 0, 4 or 3 by what it found, and lists every bad image', async (t) => {
    const folder = temporaryFolder(t);
    writeFiles(folder, await goodFiles());
    const fine = evensr(['data', 'check', folder]);
    assert.equal(fine.status, 0, fine.stderr);
    assert.match(fine.stdout, /usable +18 photographs/);
    const bad = await badFiles();
    writeFiles(
      folder,
      Object.fromEntries(Object.entries(bad).map(([name, [file]]) => [name, file])),
    );
    const some = evensr(['data', 'check', folder, '--max-bad', '1']);
    assert.equal(some.status, 4, some.stderr);
    for (const [name, [, code]] of Object.entries(bad))
      assert.ok(some.stderr.includes(`${code}: ${name} - `), name);
    assert.ok(some.stderr.split('\n').every((line) => line === '' || line.startsWith('evensr: ')));
    const many = evensr(['data', 'check', folder, '--json']);
    assert.equal(many.status, 3);
    const report = JSON.parse(many.stdout);
    assert.equal(report.error.code, 'E_DATA_BAD');
    assert.equal(report.good, 18);
    assert.equal(report.problems.length, Object.keys(bad).length);
  });

  it('answers wrong use with exit 2, and an absent folder with exit 3', () => {
    assert.equal(evensr(['data', 'check']).status, 2);
    assert.equal(evensr(['data', 'check', '.', '--max-bad', '2']).status, 2);
    assert.equal(evensr(['data', 'check', '.', '--max-image-mb', 'x']).status, 2);
    const absent = evensr(['data', 'check', '/no/such/folder', '--json']);
    assert.equal(absent.status, 3);
    assert.equal(JSON.parse(absent.stdout).error.code, 'E_DATA_MISSING');
    assert.match(evensr(['data', 'check', '--help']).stdout, /Example:/);
  });
});

describe('evensr data pack', () => {
  it('packs into the cache, also without HOME, and what it packs opens natively', async (t) => {
    const folder = temporaryFolder(t);
    const images = join(folder, 'images');
    mkdirSync(images);
    for (const seed of [1, 2]) writeFileSync(join(images, `${seed}.png`), await png(seed));
    const { HOME: _, ...env } = process.env;
    const first = evensr(['data', 'pack', images, '--json'], { ...env, XDG_CACHE_HOME: folder });
    assert.equal(first.status, 0, first.stderr);
    const { path, bytes } = JSON.parse(first.stdout);
    assert.equal(bytes, 2 * photo(1).pixels.length);
    const packDir = join(folder, 'evensr/packs');
    assert.ok(path.startsWith(packDir) && existsSync(path));
    const opened = await openPhotos({ images, packDir });
    t.after(() => opened.pack.dispose());
    assert.ok(opened.reused);
    assert.equal(opened.pack.count, 2);
  });
});

describe('the photographs of a run', () => {
  async function open(t: TestContext, folders: Record<string, number[]>, keys: string) {
    const root = temporaryFolder(t);
    for (const [name, seeds] of Object.entries(folders)) {
      mkdirSync(join(root, name));
      for (const [at, seed] of seeds.entries())
        writeFileSync(join(root, name, `${at}.png`), await png(seed));
    }
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = root;
    t.after(() => {
      if (before === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = before;
    });
    const text = `scale: 2\ntraining: {lqSize: 16}\ndegradation: {margin: 0}\nimages: {train: train, ${keys}}\n`;
    const config = parseConfig(text, { origin: 'run.yaml', folder: root });
    const warnings: string[] = [];
    const warn = (code: string, message: string) => warnings.push(`${code}: ${message}`);
    const observer = { warn, packing: () => {} } as unknown as TrainObserver;
    const photos = await openRunPhotos(config, observer);
    t.after(() => photos.dispose());
    return { photos, warnings };
  }

  it('are named when validation shares some with training', async (t) => {
    const folders = { train: [1, 2, 3], probes: [9, 3] };
    const { photos, warnings } = await open(t, folders, 'validation: probes');
    assert.deepEqual([photos.training.images.length, photos.validation.images.length], [3, 2]);
    assert.deepEqual(warnings, [
      'W_IMG_SHARED: 1 image(s) in both the training and the validation set - 1.png',
    ]);
  });

  it('that are set aside have no copy in training, and one alone is refused', async (t) => {
    const { photos, warnings } = await open(t, { train: [1, 1, 2, 2, 3, 3] }, 'setAside: 0.2');
    const { training, validation } = photos;
    const hashes = (share: typeof training) =>
      share.images.map((image) => share.photos[image]?.sha256);
    assert.equal(validation.images.length, 1);
    assert.ok(!hashes(training).includes(hashes(validation)[0]));
    assert.match(warnings.join(), /^W_IMG_DUPLICATE: 3 image\(s\)/);
    await assert.rejects(open(t, { train: [5, 5] }, 'setAside: 0.2'), {
      code: 'E_DATA_EMPTY',
      message: /one usable photograph, copies aside/,
    });
  });
});

describe('evensr data fetch-samples', () => {
  it('says how much would be downloaded and downloads nothing', (t) => {
    const folder = temporaryFolder(t);
    const env = { ...process.env, XDG_CACHE_HOME: folder, PATH: '/nowhere' };
    const dry = evensr(['data', 'fetch-samples', '--set', 'test', '--dry-run', '--json'], env);
    assert.equal(dry.status, 0, dry.stderr);
    const plan = JSON.parse(dry.stdout);
    assert.equal(plan.downloads.length, 3);
    assert.ok(plan.bytes > 25e6 && plan.bytes < 35e6);
    assert.deepEqual(readdirSync(folder), []);
    const real = evensr(['data', 'fetch-samples', '--set', 'test', '--json'], env);
    assert.equal(real.status, 3);
    assert.equal(JSON.parse(real.stdout).error.code, 'E_SAMPLES_TOOLS');
    assert.equal(evensr(['data', 'fetch-samples', '--set', 'tset'], env).status, 2);
  });

  it('installs the photographs of the test set, once for all checkouts', async (t) => {
    const fetched = evensr(['data', 'fetch-samples', '--set', 'test', '--json']);
    if (fetched.status === 3) return t.skip(`no packages here: ${fetched.stderr.trim()}`);
    const { folders, counts } = JSON.parse(fetched.stdout);
    assert.ok(counts.train >= 1 && counts.validation >= 1 && counts.heldout >= 1);
    for (const [role, folder] of Object.entries(folders as Record<string, string>)) {
      const { photos, problems } = await scanPhotos(folder);
      assert.deepEqual([photos.length, problems.length], [counts[role], 0]);
    }
    const check = evensr(['data', 'check', folders.heldout, '--min-size', '256', '--json']);
    assert.equal(check.status, 0, check.stderr);
    assert.deepEqual(JSON.parse(check.stdout).conversions, {}, 'plain 8-bit RGB');
  });
});
