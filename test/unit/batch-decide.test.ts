import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Budget } from '../../src/batch/budget.ts';
import { bytesOfText as name } from '../../src/batch/byte-name.ts';
import { type Decision, decideAll, inputIdentity, outputIdentity } from '../../src/batch/decide.ts';
import { failureOf, ItemRefused } from '../../src/batch/item-error.ts';
import { Journal } from '../../src/batch/journal.ts';
import type { Entry } from '../../src/batch/journal-line.ts';
import { OutputTree } from '../../src/batch/output-tree.ts';
import type { PlannedItem } from '../../src/batch/plan.ts';
import { settingsId, settingsOf } from '../../src/batch/settings.ts';
import { RefusedImage } from '../../src/data/problem.ts';
import { EvensrError } from '../../src/errors.ts';
import { temporaryFolder } from '../data-corpus.ts';

const settings = settingsOf({
  model: 'm',
  scale: 4,
  alpha: 'network',
  quality: null,
  strip: false,
});

const item = (output: string, inode = 1n): PlannedItem => ({
  photo: { name: output, path: Buffer.from(`/in/${output}`), size: 1, fingerprint: '1:2:3', inode },
  output: name(output),
  format: 'webp',
  fallback: name(output.replace(/\.\w+$/, '.png')),
});

async function place(t: { after(done: () => void): void }) {
  const root = temporaryFolder(t);
  const tree = OutputTree.make(root);
  const journal = Journal.peek(tree.root, { index: 1, count: 1 });
  t.after(() => tree.close());
  const decide = async (
    which: PlannedItem,
    more: { overwrite?: boolean; settings?: typeof settings } = {},
  ): Promise<Decision> => {
    const decisions: Decision[] = [];
    const options = { journal, settings, overwrite: false, ...more };
    await decideAll([which], tree, options, (_, decision) => decisions.push(decision));
    return decisions[0] as Decision;
  };
  const entryFor = (which: PlannedItem, more: Partial<Entry> = {}): Entry => ({
    with: settingsId(settings),
    sha256: 'x',
    input: inputIdentity(which),
    output: outputIdentity(
      lstatSync(join(root, more.png ? `${which.fallback}` : which.output), { bigint: true }),
    ),
    alpha: false,
    png: false,
    ...more,
  });
  return { root, journal, decide, entryFor };
}

const short = (decision: Decision) =>
  decision.kind === 'unchanged' ? 'unchanged' : `${decision.kind}: ${decision.reason}`;

describe('the decision about a picture', () => {
  it('leaves alone what is unchanged, without a look at the bytes', async (t) => {
    const { root, journal, decide, entryFor } = await place(t);
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'sub/a.webp'), 'out');
    const a = item('sub/a.webp');
    await journal.begin(a.output, entryFor(a), settings);
    assert.equal(short(await decide(a)), 'unchanged');
    const moved = await decide(item('sub/a.webp', 2n));
    assert.deepEqual(moved, {
      ...{ kind: 'work', reason: 'the input changed', sameIfBytesAre: true },
      known: entryFor(a),
    });
    const options = { settings: { ...settings, scale: 2 } };
    assert.equal(short(await decide(a, options)), 'work: scale 4 -> 2');
    const strange = entryFor(a, { with: 'unknown' });
    journal.update(a.output, strange);
    assert.equal(short(await decide(a)), 'work: settings are not known');
  });

  it('does again what is gone, and keeps what somebody changed', async (t) => {
    const { root, journal, decide, entryFor } = await place(t);
    writeFileSync(join(root, 'a.webp'), 'out');
    const a = item('a.webp');
    journal.update(a.output, entryFor(a));
    utimesSync(join(root, 'a.webp'), 1, 1);
    assert.match(short(await decide(a)), /^refused: the output was changed since/);
    assert.equal(short(await decide(a, { overwrite: true })), 'work: the output was changed');
    rmSync(join(root, 'a.webp'));
    assert.equal(short(await decide(a)), 'work: the output is gone');
    assert.equal(short(await decide(item('b.webp'))), 'work: new');
  });

  it('never touches what is not of the batch', async (t) => {
    const { root, decide } = await place(t);
    writeFileSync(join(root, 'a.webp'), 'foreign');
    const a = item('a.webp');
    assert.match(short(await decide(a)), /^refused: the output is there and not of this batch/);
    assert.equal(
      short(await decide(a, { overwrite: true })),
      'work: replaces a file that was there',
    );
    rmSync(join(root, 'a.webp'));
    for (const make of [
      () => symlinkSync('/etc/passwd', join(root, 'a.webp')),
      () => mkdirSync(join(root, 'a.webp')),
    ]) {
      make();
      assert.equal((await decide(a, { overwrite: true })).kind, 'refused');
      rmSync(join(root, 'a.webp'), { recursive: true });
    }
    symlinkSync('/etc', join(root, 'sub'));
    const linked = await decide(item('sub/a.webp'));
    assert.ok(linked.kind === 'refused' && linked.code === 'E_PATH');
  });

  it('knows its own after a kill before and after the file had its name', async (t) => {
    const { root, journal, decide, entryFor } = await place(t);
    writeFileSync(join(root, 'a.webp'), 'old');
    const a = item('a.webp');
    const old = entryFor(a);
    journal.update(a.output, old);
    // Begun, not renamed: the old one is there.
    await journal.begin(a.output, { ...old, output: '99:1', input: 'newer' }, settings);
    assert.equal(short(await decide(a)), 'unchanged');
    // Begun and renamed: the new one is there.
    writeFileSync(join(root, 'a.webp'), 'new one');
    await journal.begin(a.output, entryFor(a), settings);
    assert.equal(short(await decide(a)), 'unchanged');
    assert.equal(journal.candidates(a.output).length, 1);
  });

  it('looks for a PNG where one took the place of the format', async (t) => {
    const { root, journal, decide, entryFor } = await place(t);
    writeFileSync(join(root, 'a.png'), 'out');
    const a = item('a.webp');
    await journal.begin(a.output, entryFor(a, { png: true }), settings);
    assert.equal(short(await decide(a)), 'unchanged');
    const options = { settings: { ...settings, quality: 3 } };
    assert.equal(short(await decide(a, options)), 'unchanged');
    assert.equal(short(await decide({ ...a, fallback: undefined })), 'work: the output is gone');
  });
});

describe('the budget', () => {
  it('lets in what fits, in order, and what is too large alone', async () => {
    const budget = new Budget(100);
    const entered: string[] = [];
    const enter = async (id: string, bytes: number) => {
      const leave = await budget.enter(bytes);
      entered.push(id);
      return leave;
    };
    const [a, b] = await Promise.all([enter('a', 60), enter('b', 40)]);
    const large = enter('large', 1000);
    const small = enter('small', 1);
    await Promise.resolve();
    assert.deepEqual(entered, ['a', 'b']);
    a();
    await new Promise(setImmediate);
    assert.deepEqual(entered, ['a', 'b'], 'nothing overtakes what waits');
    b();
    (await large)();
    (await small)();
    assert.deepEqual(entered, ['a', 'b', 'large', 'small']);
    (await enter('last', 100))();
  });
});

describe('the failure of a picture', () => {
  it('stops the batch only when the disk does', () => {
    const system = (code: string) =>
      Object.assign(new Error(code), { code, syscall: 'write' }) as NodeJS.ErrnoException;
    const wrapped = (code: string) =>
      new EvensrError('E_DISK', 5, 'x could not be written', { cause: system(code) });
    for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])
      for (const error of [system(code), wrapped(code)]) {
        assert.equal(failureOf(error).code, 'E_DISK');
        assert.equal(failureOf(error).isDisk, true, code);
        assert.equal(failureOf(error).retry, true);
      }
    for (const code of ['EACCES', 'ENAMETOOLONG'])
      for (const error of [system(code), wrapped(code)])
        assert.equal(failureOf(error).isDisk, false, code);
    const path = new EvensrError('E_PATH', 5, 'a is a link');
    assert.deepEqual(failureOf(path), {
      ...{ code: 'E_PATH', reason: 'a is a link', isDisk: false, retry: false },
    });
  });

  it('has the code of what refused it, and is a bug only when nothing did', () => {
    const code = (error: unknown) => failureOf(error).code;
    assert.equal(code(new RefusedImage('E_IMG_CORRUPT', 'x')), 'E_IMG_CORRUPT');
    assert.equal(code(new ItemRefused('E_EXISTS', 'x')), 'E_EXISTS');
    assert.equal(code(Object.assign(new Error('needs 12 MB'), { code: 'E_MEMORY' })), 'E_MEMORY');
    assert.equal(code(new RangeError('Array buffer allocation failed')), 'E_MEMORY');
    const bug = failureOf(new TypeError('x is undefined'));
    assert.equal(bug.code, 'E_BUG');
    assert.match(bug.stack ?? '', /TypeError/);
    assert.equal(code('thrown text'), 'E_BUG');
  });
});
