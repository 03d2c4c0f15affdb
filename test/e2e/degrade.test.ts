import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { makeFifo } from '../data-corpus.ts';

type Json = ReturnType<typeof JSON.parse>;

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'evensr-degrade-'));
const photos = join(root, 'photos');
const env = { ...process.env, XDG_CACHE_HOME: join(root, 'cache'), NO_COLOR: '1' };
const degrade = (...args: string[]) =>
  spawnSync(process.execPath, [cli, 'degrade', ...args], { encoding: 'utf8', env });
const pathOf = (name: string) => join(root, name);
const records = (folder: string) => readFileSync(join(folder, 'recipes.jsonl'), 'utf8');

function treeOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => /\.(png|jsonl)$/.test(name));
  return Object.fromEntries(
    files.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

async function paintPhoto(name: string, width: number, height: number): Promise<void> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return 128 + 60 * Math.sin(x / (5 + c)) + 50 * Math.cos((y + x) / 9);
  });
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(join(photos, name));
}

before(async () => {
  mkdirSync(photos);
  await paintPhoto('wave.png', 200, 180);
  await paintPhoto('a b.png', 180, 210);
});
after(() => rmSync(root, { recursive: true, force: true }));

describe('evensr degrade', () => {
  it('writes pairs for every photograph and task, and makes the same ones again', () => {
    const args = ['-i', photos, '--crop', '96', '--tasks', 'small-clean,full-noisy', '--seed', '7'];
    const result = degrade(...args, '-o', pathOf('pairs'));
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stdout, /^done 4 pairs \| skipped 0 \(made before\) \| failed 0 \|/);
    const tree = treeOf(pathOf('pairs'));
    assert.equal(Object.keys(tree).length, 9);
    assert.ok('lq/0000-a_b-small-clean-0.png' in tree);

    assert.equal(degrade(...args, '-o', pathOf('again')).status, 0);
    assert.deepEqual(treeOf(pathOf('again')), tree);
    const other = degrade(...args, '--seed', '8', '-o', pathOf('other'));
    assert.equal(other.status, 0);
    assert.notDeepEqual(treeOf(pathOf('other')), tree);
  });

  it('replays recipes.jsonl bit for bit', async () => {
    const first = degrade('-i', photos, '--crop', '96', '--count', '2', '-o', pathOf('plain'));
    assert.equal(first.status, 0, first.stderr);
    const lines = records(pathOf('plain')).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).task),
      ['natural', 'natural', 'natural', 'natural'],
    );
    const file = join(pathOf('plain'), 'recipes.jsonl');
    const replay = degrade('-i', photos, '-o', pathOf('replayed'), '--replay', file);
    assert.equal(replay.status, 0, replay.stderr);
    assert.deepEqual(treeOf(pathOf('replayed')), treeOf(pathOf('plain')));
    const gt = JSON.parse(lines[0] ?? '').gt;
    assert.deepEqual([gt.size, gt.margin], [96, 8]);
    assert.ok(gt.top >= 32 && gt.left >= 32, 'the margin lies inside the photograph');
    const { key } = JSON.parse(lines[0] ?? '');
    const lq = await sharp(join(pathOf('plain'), 'lq', `${key}.png`)).metadata();
    assert.deepEqual([lq.width, lq.height, lq.channels], [24, 24, 3]);
  });

  it('says when a replayed pair is not what was recorded', () => {
    const [line = ''] = records(pathOf('plain')).split('\n');
    const record = JSON.parse(line);
    const [blur] = record.recipe.operations;
    Object.assign(blur, { kernel: 'iso', kernelSize: 21, sigmaX: blur.sigmaX + 0.5 });
    const changed = pathOf('changed.jsonl');
    writeFileSync(changed, `${JSON.stringify(record)}\n`);
    const result = degrade('-i', photos, '-o', pathOf('differs'), '--replay', changed);
    assert.equal(result.status, 4);
    assert.match(result.stderr, /E_REPLAY: 0000-a_b-natural-0 differs/);

    record.photoSha256 = '0'.repeat(64);
    writeFileSync(changed, `${JSON.stringify(record)}\n`);
    const other = degrade('-i', photos, '-o', pathOf('moved'), '--replay', changed);
    assert.equal(other.status, 2);
    assert.match(other.stderr, /E_CHANGED: a b\.png/);
  });

  it('draws a contact sheet of all tasks', async () => {
    const path = pathOf('sheet.png');
    const result = degrade('-i', photos, '-o', path, '--preview', '--crop', '96', '--json');
    assert.equal(result.status, 0, result.stderr);
    assert.equal(JSON.parse(result.stdout).tasks.length, 9);
    const { width, height } = await sharp(path).metadata();
    assert.ok(width > 3 * 96 && height > 4 * 96);
    const twice = degrade('-i', photos, '-o', path, '--preview', '--crop', '96');
    assert.match(twice.stderr, /E_EXISTS/);
  });

  it('draws contact sheets of many photographs and of the steps of a recipe', async () => {
    const draw = async (kind: string, ...args: string[]) => {
      const path = pathOf(`${kind}.png`);
      const all = ['-i', photos, '-o', path, '--preview', kind, '--crop', '96', '--json', ...args];
      const result = degrade(...all);
      assert.equal(result.status, 0, result.stderr);
      return { document: JSON.parse(result.stdout), ...(await sharp(path).metadata()) };
    };
    const many = await draw('photos', '--tasks', 'small-noisy');
    assert.deepEqual(many.document.tasks, ['small-noisy']);
    assert.ok(many.width > 4 * 96 && many.width < 6 * 96);
    const steps = await draw('steps');
    assert.deepEqual(steps.document.tasks, ['natural']);
    assert.ok(steps.width > 4 * 384 && steps.height > 3 * 384);
    const refused = (message: RegExp, ...args: string[]) => {
      const result = degrade('-i', photos, '-o', pathOf('no.png'), '--preview', ...args);
      assert.equal(result.status, 2, result.stderr);
      assert.match(result.stderr, message);
      assert.ok(!existsSync(pathOf('no.png')));
    };
    refused(/E_USAGE: --preview steps shows one task, not 9/, 'steps', '--tasks', 'all');
    refused(/E_USAGE: --preview takes no --count, --format/, '--count', '2', '--format', 'tar');
    refused(/E_USAGE: .*tasks, photos, steps/, 'stairs');
  });

  it('refuses output inside input and never overwrites unasked', () => {
    const inside = degrade('-i', photos, '-o', join(photos, 'out'), '--crop', '96');
    assert.equal(inside.status, 2);
    assert.match(inside.stderr, /E_PATH/);
    const before = treeOf(pathOf('pairs'));
    const again = degrade('-i', photos, '-o', pathOf('pairs'), '--crop', '96');
    assert.equal(again.status, 2);
    assert.match(again.stderr, /E_CHANGED: .*pairs was begun otherwise: pairs 4 -> 2, tasks /);
    const foreign = pathOf('foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'mine.txt'), 'mine');
    const there = degrade('-i', photos, '-o', foreign, '--crop', '96');
    assert.equal(there.status, 2);
    assert.match(there.stderr, /E_EXISTS/);
    assert.deepEqual(treeOf(pathOf('pairs')), before);
    const forced = degrade('-i', photos, '-o', pathOf('pairs'), '--crop', '96', '--overwrite');
    assert.equal(forced.status, 0, forced.stderr);
    assert.deepEqual(Object.keys(treeOf(pathOf('pairs'))), [
      'gt/0000-a_b-natural-0.png',
      'gt/0001-wave-natural-0.png',
      'lq/0000-a_b-natural-0.png',
      'lq/0001-wave-natural-0.png',
      'recipes.jsonl',
    ]);
  });

  it('refuses crops, tasks and records that cannot be, with their codes', () => {
    const refused = (code: RegExp, ...args: string[]) => {
      const result = degrade('-i', photos, '-o', pathOf('none'), ...args);
      assert.equal(result.status, 2, result.stderr);
      assert.match(result.stderr, code);
    };
    refused(/E_CROP: .*98.*multiple of 4 - for example --crop 100/, '--crop', '98');
    writeFileSync(pathOf('bare.yaml'), 'images: {train: photos}\ndegradation: {margin: 0}\n');
    refused(/E_CROP: .*64 is too small/, '--crop', '64', '--config', pathOf('bare.yaml'));
    const space = 'degradation: {margin: 0, space: {stage2: {resizeScale: [0.03, 1.2]}}}';
    writeFileSync(pathOf('tiny.yaml'), `images: {train: photos}\n${space}\n`);
    refused(/E_CROP: .*96 is too small, 134 is/, '--crop', '96', '--config', pathOf('tiny.yaml'));
    refused(/E_TASK: there is no task tiny/, '--tasks', 'tiny');
    refused(/E_USAGE/, '--count', '0');
    const [line = ''] = records(pathOf('plain')).split('\n');
    const bad = (text: string) => {
      writeFileSync(pathOf('bad.jsonl'), text);
      return ['--replay', pathOf('bad.jsonl')];
    };
    refused(/E_RECIPES: .*bad\.jsonl:1: key/, ...bad('{"version":1,"key":"../x"}\n'));
    refused(
      /bad\.jsonl:1: has no version, this evensr reads version 1/,
      ...bad('{"file":"x.png"}\n'),
    );
    refused(
      /bad\.jsonl:1: is of version 2, this/,
      ...bad(line.replace('"version":1', '"version":2')),
    );
    refused(/bad\.jsonl:1: is no JSON/, ...bad('{'));
    refused(/bad\.jsonl holds no record/, ...bad(''));
    refused(/bad\.jsonl:2: names 0000-a_b-natural-0 a second time/, ...bad(`${line}\n${line}\n`));
    refused(/E_USAGE: --replay .* takes no --crop/, ...bad(line), '--crop', '96');
    refused(/E_RECIPES: .*ENOENT/, '--replay', pathOf('absent.jsonl'));
    if (makeFifo(pathOf('fifo')))
      refused(/E_RECIPES: .*not a regular file/, '--replay', pathOf('fifo'));
    assert.ok(!existsSync(pathOf('none')), 'nothing is left behind');
  });

  it('refuses records of what cannot be done, by their line and before anything is written', () => {
    const [first = '', second = ''] = records(pathOf('plain')).split('\n');
    const refused = (code: RegExp, change: (record: Json) => void) => {
      const record = JSON.parse(second);
      change(record);
      writeFileSync(pathOf('odd.jsonl'), `${first}\n${JSON.stringify(record)}\n`);
      const result = degrade('-i', photos, '-o', pathOf('odd'), '--replay', pathOf('odd.jsonl'));
      assert.equal(result.status, 2, result.stderr);
      assert.match(result.stderr, code);
      assert.ok(!existsSync(pathOf('odd')));
    };
    const blur = (values: Json) => (record: Json) =>
      Object.assign(record.recipe.operations[0], { kernel: 'iso', kernelSize: 21, ...values });
    refused(
      /E_RECIPES: .*odd\.jsonl:2: operation 1, blur\.sigmaX must be within/,
      blur({ sigmaX: 0 }),
    );
    refused(/odd\.jsonl:2: operation 1, blur\.kernelSize must be odd/, blur({ kernelSize: 20 }));
    const resize = (factor: number) => (record: Json) =>
      Object.assign(record.recipe.operations[1], { factor });
    refused(/odd\.jsonl:2: operation 2, resize\.factor/, resize(101));
    refused(/odd\.jsonl:2: operation 2, resize\.factor .*leave a pixel/, resize(1e-4));
    refused(/odd\.jsonl:2: scale/, ({ recipe }) => Object.assign(recipe, { scale: 0 }));
    refused(/odd\.jsonl:2: .*multiple of scale 5/, ({ recipe }) =>
      Object.assign(recipe, { scale: 5 }),
    );
    refused(/odd\.jsonl:2: gt\.top/, ({ gt }) => Object.assign(gt, { top: 2 ** 40 }));
    refused(/E_CROP: .*96 pixels at row 99, .* leaves/, ({ gt }) => Object.assign(gt, { top: 99 }));
  });

  it('writes nothing when it has no photographs or no place to write to', () => {
    const list = pathOf('list.txt');
    writeFileSync(list, 'photos/wave.png\nphotos/gone.png\n');
    const refused = (status: number, message: RegExp, ...args: string[]) => {
      const result = degrade('--crop', '96', ...args);
      assert.equal(result.status, status, result.stderr);
      assert.match(result.stderr, message);
    };
    refused(3, /E_DATA_MISSING: line 2 of .*gone\.png/, '-i', list, '-o', pathOf('listed'));
    assert.ok(!existsSync(pathOf('listed')));
    const file = join(photos, 'wave.png');
    refused(5, /E_DISK: .* is no folder/, '-i', file, '-o', join(list, 'out'));
    refused(5, /E_DISK: .* is a file/, '-i', file, '-o', join(list, 'out.png'), '--preview');
    // A file system of fixed content.
    refused(5, /E_DISK: \/proc\/out cannot be made/, '-i', file, '-o', '/proc/out');
    refused(5, /E_DISK: \/proc\/out /, '-i', file, '-o', '/proc/out/sheet.png', '--preview');
  });
});
