import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { byteName, bytesOfText as name } from '../../src/batch/byte-name.ts';
import { Journal } from '../../src/batch/journal.ts';
import { type Entry, entryLine, parseLine } from '../../src/batch/journal-line.ts';
import { OutputTree } from '../../src/batch/output-tree.ts';
import { type Settings, settingsChange, settingsId, settingsOf } from '../../src/batch/settings.ts';
import { temporaryFolder } from '../data-corpus.ts';

const settings = settingsOf({
  model: 'm',
  scale: 4,
  alpha: 'network',
  quality: null,
  strip: false,
});
const entry = (sha256: string, more: Partial<Entry> = {}): Entry => ({
  ...{ with: settingsId(settings), sha256, input: '1:2:3:4', output: '5:6' },
  ...{ alpha: false, png: false },
  ...more,
});

interface Place {
  root: string;
  file: string;
  warnings: string[];
  open(shard?: { index: number; count: number }): Journal;
}

function place(t: { after(done: () => void): void }): Place {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'tmp'));
  const tree = OutputTree.make(root);
  const temporary = tree.folder(name('tmp'), 'make');
  t.after(() => {
    temporary.close();
    tree.close();
  });
  const warnings: string[] = [];
  const warn = (code: string, text: string) => warnings.push(`${code} ${text}`);
  return {
    root,
    file: join(root, 'journal.jsonl'),
    warnings,
    open: (shard = { index: 1, count: 1 }) => Journal.open(tree.root, temporary, { shard, warn }),
  };
}

describe('the journal', () => {
  it('knows after a restart what was done and what was begun', async (t) => {
    const { open } = place(t);
    const odd = byteName(Buffer.from([0xff, 0x0a]));
    const journal = open();
    await journal.begin(odd, entry('one'), settings);
    journal.done(odd);
    await journal.begin(odd, entry('two', { alpha: true }), settings);
    await journal.begin(name('b'), entry('three', { png: true }), settings);
    journal.close();
    const again = open();
    assert.deepEqual(again.candidates(odd), [entry('two', { alpha: true }), entry('one')]);
    assert.deepEqual(again.candidates(name('b')), [entry('three', { png: true })]);
    assert.deepEqual(again.candidates(name('c')), []);
    assert.deepEqual(again.settings(settingsId(settings)), settings);
    again.update(odd, entry('two'));
    assert.deepEqual(again.candidates(odd), [entry('two')]);
    again.close();
    const last = open();
    assert.deepEqual(last.candidates(odd), [entry('two')]);
    last.close();
  });

  it('cuts off a torn tail and passes over damage, wherever', async (t) => {
    const { open, file, warnings } = place(t);
    const journal = open();
    for (const text of ['a', 'b', 'c']) {
      await journal.begin(name(text), entry(text), settings);
      journal.done(name(text));
    }
    journal.close();
    const whole = readFileSync(file);
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(file, whole.subarray(0, length));
      const torn = open();
      const lines = whole.subarray(0, length).toString().split('\n').length - 1;
      assert.equal(torn.candidates(name('a')).length, lines >= 2 ? 1 : 0);
      assert.equal(torn.candidates(name('c')).length, lines >= 6 ? 1 : 0);
      await torn.begin(name('d'), entry('d'), settings);
      torn.close();
      const next = open();
      assert.equal(next.candidates(name('d')).length, 1, `after a tear at ${length}`);
      next.close();
    }
    assert.deepEqual(warnings, []);
    writeFileSync(file, Buffer.concat([whole, Buffer.from('nonsense\n{}\n'), whole]));
    const damaged = open();
    assert.deepEqual(damaged.candidates(name('b')), [entry('b')]);
    assert.match(warnings[0] ?? '', /^W_JOURNAL 2 damaged/);
    damaged.close();
  });

  it('survives any line', (t) => {
    const { open, file } = place(t);
    const values = fc.oneof(fc.jsonValue(), fc.string());
    const keys = fc.constantFrom(
      'begin',
      'done',
      'settings',
      'with',
      'sha256',
      'input',
      'output',
      '__proto__',
      'alpha',
    );
    const lines = fc.oneof(
      fc.dictionary(keys, values).map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.constant('{"done":{"__proto__":null,"base64":"!"},"with":"x"}'),
    );
    fc.assert(
      fc.property(fc.array(lines), (all) => {
        writeFileSync(file, all.join('\n'));
        const journal = open();
        for (const candidate of journal.candidates(name('a'))) {
          assert.equal(typeof candidate.output, 'string');
          assert.equal(typeof candidate.png, 'boolean');
        }
        journal.close();
        for (const line of all) parseLine(line);
      }),
      { numRuns: 300 },
    );
    assert.equal(({} as Record<string, unknown>).with, undefined);
    const long = `{"done":"${'x'.repeat(3e6)}"}\n`;
    writeFileSync(file, `${long}${entryLine('done', name('a'), entry('kept'))}`);
    const journal = open();
    assert.deepEqual(journal.candidates(name('a')), [entry('kept')]);
    journal.close();
  });

  it('is written anew, and whole, when most of it is out of date', async (t) => {
    const { open, file } = place(t);
    const first = open();
    await first.begin(name('a'), entry('first'), settings);
    for (let i = 0; i < 1000; i++) first.update(name('a'), entry(`a${i}`));
    await first.begin(name('b'), entry('b'), settings);
    await first.begin(name('a'), entry('last'), settings);
    first.close();
    const before = statSync(file).size;
    const second = open();
    const compacted = statSync(file).size;
    assert.ok(compacted < before / 50, `${before} -> ${compacted}`);
    const expected = [entry('last'), entry('a999')];
    assert.deepEqual(second.candidates(name('a')), expected);
    await second.begin(name('c'), entry('c'), settings);
    second.close();
    const third = open();
    assert.deepEqual(third.candidates(name('a')), expected);
    assert.deepEqual(third.candidates(name('b')), [entry('b')]);
    assert.deepEqual(third.candidates(name('c')), [entry('c')]);
    assert.deepEqual(third.settings(entry('c').with), settings);
    third.close();
  });

  it('learns from journals of other shard counts only', async (t) => {
    const { open } = place(t);
    for (const [index, count] of [
      [1, 2],
      [2, 2],
      [1, 3],
    ] as const) {
      const journal = open({ index, count });
      await journal.begin(name(`${index}-${count}`), entry('x'), settings);
      journal.close();
    }
    const whole = open();
    const known = ['1-2', '2-2', '1-3'].filter((text) => whole.candidates(name(text)).length > 0);
    assert.deepEqual(known, ['1-2', '2-2', '1-3']);
    whole.close();
    const half = open({ index: 1, count: 2 });
    assert.deepEqual(half.candidates(name('2-2')), []);
    assert.equal(half.candidates(name('1-3')).length, 1);
    half.close();
  });

  it('is never written or read through a link', (t) => {
    const { open, file, root } = place(t);
    const outside = join(temporaryFolder(t), 'victim');
    writeFileSync(outside, 'precious');
    symlinkSync(outside, file);
    assert.throws(() => open(), { code: 'E_DISK' });
    symlinkSync(outside, join(root, 'journal-1-of-5.jsonl'));
    open({ index: 1, count: 4 }).close();
    assert.equal(readFileSync(outside, 'utf8'), 'precious');
  });

  it('is on the disk when begin resolves, also for many at once', async (t) => {
    const { open, file } = place(t);
    const journal = open();
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await journal.begin(name(`${i}`), entry(`${i}`), settings);
        assert.match(readFileSync(file, 'utf8'), new RegExp(`"begin":"${i}"`));
      }),
    );
    journal.close();
    appendFileSync(file, '{"done":"7');
    open().close();
    assert.doesNotMatch(readFileSync(file, 'utf8'), /"done":"7/);
  });
});

describe('settings', () => {
  const change = (more: Partial<Settings>, format: 'png' | 'jpeg' = 'jpeg', hasAlpha = true) =>
    settingsChange(settings, { ...settings, ...more }, { format, hasAlpha });

  it('say what of a change concerns a picture', () => {
    assert.equal(change({}), undefined);
    assert.equal(change({ model: 'n' }), 'the model changed');
    assert.equal(change({ version: 9 }), 'evensr changed');
    assert.equal(change({ scale: 2, strip: true }), 'scale 4 -> 2, strip false -> true');
    assert.equal(change({ quality: 80 }), 'quality default -> 80');
    assert.equal(change({ quality: 80 }, 'png'), undefined);
    assert.equal(change({ alpha: 'bicubic' }), 'alpha network -> bicubic');
    assert.equal(change({ alpha: 'bicubic' }, 'png', false), undefined);
  });

  it('have an id that tells them apart', () => {
    const ids = [settings, { ...settings, quality: 1 }, { ...settings, model: 'n' }].map(
      settingsId,
    );
    assert.equal(new Set(ids).size, 3);
    assert.equal(settingsId({ ...settings }), ids[0]);
  });
});
