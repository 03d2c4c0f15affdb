/** The run of a batch, with pictures and a network of a few lines. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesOfText } from '../../src/batch/byte-name.ts';
import { parseNamePattern } from '../../src/batch/name-pattern.ts';
import type { PictureFiles } from '../../src/batch/pictures.ts';
import { planOutputs } from '../../src/batch/plan.ts';
import { type ItemReport, summaryLine } from '../../src/batch/report.ts';
import { type BatchOptions, runBatch } from '../../src/batch/run.ts';
import { settingsOf } from '../../src/batch/settings.ts';
import { RefusedImage } from '../../src/data/problem.ts';
import { scanSources } from '../../src/data/scan.ts';
import { EvensrError } from '../../src/errors.ts';
import type { PictureInfo } from '../../src/image/picture.ts';
import type { PictureUpscaler } from '../../src/infer/picture-upscaler.ts';
import { temporaryFolder } from '../data-corpus.ts';

/** A file is "WIDTH HEIGHT NAME"; what it becomes is that with a size twice as large. */
function infoOf(text: string): PictureInfo {
  const [width, height] = text.split(' ').map(Number);
  if (!width || !height) throw new RefusedImage('E_IMG_FORMAT', 'no picture');
  return { width, height, channels: 3, depth: 8, metadata: {} };
}

const textOf = (source: { bytes: Buffer } | { path: string }) =>
  'bytes' in source ? source.bytes.toString() : readFileSync(source.path, 'utf8');

const twice = ({ width, height, ...rest }: PictureInfo): PictureInfo => ({
  ...rest,
  width: 2 * width,
  height: 2 * height,
});

interface Hooks {
  /** What a picture of that name does in place of being upscaled. */
  upscale?: (name: string) => Promise<void> | void;
  /** Bytes that a picture of this width needs. */
  memory?: (width: number) => number;
}

function fakes({ upscale, memory }: Hooks) {
  const seen = { now: 0, most: 0 };
  const names = new Map<object, string>();
  const pictures: PictureFiles = {
    probe: async (source) => {
      const info = infoOf(textOf(source));
      return { info, notes: [], decodedBytes: 3 * info.width * info.height };
    },
    open: async (source) => {
      const text = textOf(source);
      const info = infoOf(text);
      const reader = {
        ...{ info, notes: ['a note'] },
        read: () => Promise.resolve(new Uint8Array()),
        rewind: () => Promise.resolve(),
        close: () => Promise.resolve(),
      };
      names.set(reader, text.split(' ')[2] ?? '');
      return reader;
    },
    create: async (file, { width, height, format }) => ({
      notes: [],
      write: () => Promise.resolve(),
      finish: async () => {
        writeFileSync(file, `${format} ${width} ${height}`, { flag: 'wx' });
        return 10;
      },
      discard: async () => rmSync(file, { force: true }),
    }),
  };
  const upscaler: PictureUpscaler = {
    ...{ engine: 'native', scale: 2, fingerprint: 'fake', description: 'fake' },
    outputInfo: twice,
    memoryFor: ({ width }) => memory?.(width) ?? 1,
    upscale: async (reader) => {
      seen.most = Math.max(seen.most, ++seen.now);
      try {
        await upscale?.(names.get(reader) ?? '');
        await sleep(1);
      } finally {
        seen.now--;
      }
    },
    measureSpeed: () => Promise.resolve(1),
    dispose: () => Promise.resolve(),
  };
  return { pictures, upscaler, seen };
}

interface Ran {
  items: Record<string, ItemReport>;
  summary: Awaited<ReturnType<typeof runBatch>>;
  most: number;
  warnings: string[];
  bugs: string[];
}

async function runOn(
  root: string,
  hooks: Hooks = {},
  more: Partial<BatchOptions> & { format?: 'webp' } = {},
): Promise<Ran> {
  const { pictures, upscaler, seen } = fakes(hooks);
  const scan = await scanSources([join(root, 'in')]);
  const { format = 'keep', ...options } = more;
  const plan = planOutputs(scan, {
    ...{ pattern: parseNamePattern('{name}'), format, shard: { index: 1, count: 1 } },
    fields: { scale: bytesOfText('2'), model: bytesOfText('m') },
  });
  const ran = {
    items: {} as Record<string, ItemReport>,
    warnings: [] as string[],
    bugs: [] as string[],
  };
  const summary = await runBatch(plan, {
    ...{ output: join(root, 'out'), shard: { index: 1, count: 1 }, upscaler, pictures },
    options: { alpha: 'network' },
    settings: settingsOf({ model: 'm', scale: 2, alpha: 'network', quality: null, strip: false }),
    ...{ overwrite: false, maxPixels: 1e6, memory: 1e6, provenance: 'test' },
    control: { stopping: false },
    observer: {
      warn: (code, text) => ran.warnings.push(`${code} ${text}`),
      planned: () => {},
      item: (report) => {
        ran.items[report.path.split('/').at(-1) ?? ''] = report;
      },
      bug: (stack) => ran.bugs.push(stack),
    },
    ...options,
  });
  return { ...ran, summary, most: seen.most };
}

function place(t: { after(done: () => void): void }, files: Record<string, string>): string {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'in'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'in', name), text);
  return root;
}

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.png`, `8 8 ${i}`]));
const outputs = (root: string) =>
  readdirSync(join(root, 'out'))
    .filter((name) => name !== '.evensr')
    .sort();
const temporary = (root: string) => readdirSync(join(root, 'out/.evensr/tmp/1-of-1'));

describe('the run of a batch', () => {
  it('goes on whatever happens to one picture, and says what', async (t) => {
    const root = place(t, { ...many(4), 'bad.png': 'text', 'empty.png': '' });
    const failing: Record<string, Error> = {
      1: Object.assign(new Error('needs 900 MB'), { code: 'E_MEMORY' }),
      2: new EvensrError('E_OUTPUT_NONFINITE', 9, 'not finite'),
      3: new TypeError('a bug'),
    };
    const { items, summary, bugs } = await runOn(root, {
      upscale: (name) => {
        if (failing[name]) throw failing[name];
      },
    });
    const codes = Object.fromEntries(Object.entries(items).map(([name, { code }]) => [name, code]));
    assert.deepEqual(codes, {
      ...{ '0.png': undefined, '1.png': 'E_MEMORY', '2.png': 'E_OUTPUT_NONFINITE' },
      ...{ '3.png': 'E_BUG', 'bad.png': 'E_IMG_FORMAT', 'empty.png': 'E_IMG_EMPTY' },
    });
    assert.match(items['1.png']?.reason ?? '', /900 MB/);
    const { done, failed, unusable, diskFailed } = summary;
    assert.deepEqual([done, failed, unusable, diskFailed, summary.bugs], [1, 5, 2, false, 1]);
    assert.match(bugs[0] ?? '', /TypeError: a bug\n/);
    assert.deepEqual(outputs(root), ['0.png']);
    assert.deepEqual(temporary(root), []);
    assert.deepEqual(items['0.png']?.notes, ['a note']);
  });

  it('tries once more, alone, what found no memory beside others', async (t) => {
    const root = place(t, many(8));
    let now = 0;
    const tries: Record<string, number[]> = {};
    const { items, summary } = await runOn(root, {
      upscale: async (name) => {
        const beside = now++;
        tries[name] = [...(tries[name] ?? []), beside];
        await sleep(5);
        now--;
        const fails = name === '7' || (name === '2' && tries[name].length === 1);
        if (fails) throw Object.assign(new Error('no room'), { code: 'E_MEMORY' });
      },
    });
    assert.deepEqual([summary.done, summary.failed], [7, 1]);
    assert.equal(items['2.png']?.status, 'done');
    assert.equal(items['7.png']?.code, 'E_MEMORY');
    assert.deepEqual([tries[2]?.length, tries[2]?.[1]], [2, 0], 'the second time it is alone');
    assert.deepEqual([tries[7]?.length, tries[7]?.[1]], [2, 0]);
  });

  it('works on several at once, within the budget, and on a large one alone', async (t) => {
    const root = place(t, many(12));
    assert.ok((await runOn(root)).most > 1);
    const one = place(t, many(12));
    assert.equal((await runOn(one, { memory: () => 600 }, { memory: 1000 })).most, 1);
    const two = place(t, many(12));
    assert.equal((await runOn(two, { memory: () => 1e5 }, { memory: 2.2e5 })).most, 2);
    const large = place(t, { ...many(5), 'large.png': '90 8 large' });
    const alone: number[] = [];
    let now = 0;
    const { summary } = await runOn(
      large,
      {
        memory: (width) => (width > 8 ? 1e9 : 1),
        upscale: async (name) => {
          now++;
          if (name === 'large') alone.push(now);
          await sleep(5);
          if (name === 'large') alone.push(now);
          now--;
        },
      },
      { memory: 1e6 },
    );
    assert.equal(summary.done, 6);
    assert.deepEqual(alone, [1, 1]);
  });

  it('takes no new picture when the disk is full, and goes on later', async (t) => {
    const root = place(t, many(40));
    let count = 0;
    const full = () => {
      if (++count > 10)
        throw new EvensrError('E_DISK', 5, 'full', {
          cause: Object.assign(new Error(), { code: 'ENOSPC' }),
        });
    };
    const { summary } = await runOn(root, { upscale: full });
    assert.equal(summary.diskFailed, true);
    assert.equal(summary.done, 10);
    assert.ok(summary.failed >= 1 && summary.failed <= 6, `${summary.failed} failed`);
    assert.equal(summary.done + summary.failed + summary.notReached, 40);
    assert.deepEqual(temporary(root), []);
    const { summary: later } = await runOn(root);
    assert.deepEqual([later.done, later.skipped], [30, 10]);
  });

  it('finishes what is in work when it is told to stop', async (t) => {
    const root = place(t, many(30));
    const control = { stopping: false };
    let begun = 0;
    const { summary } = await runOn(
      root,
      {
        upscale: async () => {
          if (++begun === 5) control.stopping = true;
          await sleep(3);
        },
      },
      { control },
    );
    assert.equal(summary.failed, 0);
    assert.equal(summary.done, begun);
    assert.ok(summary.done >= 5 && summary.done < 12);
    assert.equal(outputs(root).length, summary.done);
    const text = readFileSync(join(root, 'out/.evensr/report.jsonl'), 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ItemReport);
    assert.equal(lines.length, 30);
    assert.equal(lines.filter(({ status }) => status === 'not-reached').length, summary.notReached);
  });

  it('writes nothing of an input that changes or vanishes meanwhile', async (t) => {
    const root = place(t, { 'a.png': '8 8 a', 'b.png': '8 8 b', 'c.png': '8 8 c' });
    const { items } = await runOn(root, {
      upscale: (name) => {
        if (name === 'a') appendFileSync(join(root, 'in/a.png'), ' more');
        if (name === 'b') unlinkSync(join(root, 'in/b.png'));
      },
    });
    assert.deepEqual(
      ['a.png', 'b.png', 'c.png'].map((name) => items[name]?.code ?? items[name]?.status),
      ['E_CHANGED', 'E_VANISHED', 'done'],
    );
    assert.deepEqual(outputs(root), ['c.png']);
  });

  it('keeps what appears at the name of an output while it works', async (t) => {
    const root = place(t, { 'a.png': '8 8 a' });
    const { items } = await runOn(root, {
      upscale: () => writeFileSync(join(root, 'out/a.png'), 'foreign'),
    });
    assert.equal(items['a.png']?.code, 'E_EXISTS');
    assert.equal(readFileSync(join(root, 'out/a.png'), 'utf8'), 'foreign');
    const { items: again } = await runOn(root);
    assert.equal(again['a.png']?.code, 'E_EXISTS');
  });

  it('takes PNG where the format cannot hold the result', async (t) => {
    const root = place(t, { 'a.png': '9000 2 a', 'b.png': '10 2 b' });
    const { items } = await runOn(root, {}, { format: 'webp' });
    assert.deepEqual(outputs(root), ['a.png', 'b.webp']);
    assert.match(items['a.png']?.notes?.join() ?? '', /written as PNG: WebP has at most 16383/);
    const { summary } = await runOn(root, {}, { format: 'webp' });
    assert.equal(summary.skipped, 2);
    writeFileSync(join(root, 'in/a.webp'), '9000 2 x');
    await assert.rejects(runOn(root, {}, { format: 'webp' }), { code: 'E_COLLISION' });
    const { items: kept } = await runOn(root);
    assert.match(kept['a.webp']?.reason ?? '', /its name as PNG is taken/);
  });

  it('tells once that the report cannot be written, and goes on', async (t) => {
    const root = place(t, many(2));
    mkdirSync(join(root, 'out/.evensr/report.jsonl'), { recursive: true });
    const { summary, warnings } = await runOn(root);
    assert.equal(summary.done, 2);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^W_REPORT/);
    assert.ok(existsSync(join(root, 'out/1.png')));
  });
});

it('the summary is one line', () => {
  const counts = { done: 9812, skipped: 37, failed: 12, notReached: 139 };
  assert.equal(
    summaryLine(counts, 'out/report'),
    'done 9,812 | skipped 37 (unchanged) | failed 12 (see out/report) | not reached 139',
  );
  assert.equal(
    summaryLine({ done: 1, skipped: 0, failed: 0, notReached: 0 }, 'x'),
    'done 1 | skipped 0 | failed 0 | not reached 0',
  );
});
