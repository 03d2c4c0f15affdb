import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bytesOfText as name } from '../../src/batch/byte-name.ts';
import { OutputTree } from '../../src/batch/output-tree.ts';
import { BatchState } from '../../src/batch/state.ts';
import { temporaryFolder } from '../data-corpus.ts';

const whole = { index: 1, count: 1 };

describe('the output tree', () => {
  it('makes folders and places files, without taking a name that is taken', (t) => {
    const root = join(temporaryFolder(t), 'a/out');
    const tree = OutputTree.make(root);
    t.after(() => tree.close());
    assert.equal(tree.folder(name('x/y'), 'leave'), undefined);
    const from = tree.folder(name('tmp'), 'make');
    const folder = tree.folder(name('x/y'), 'make');
    for (const text of ['one', 'two', 'three']) writeFileSync(from.pathOf(name(text)), text);
    assert.equal(folder.place(from, name('one'), name('f')), true);
    assert.equal(folder.place(from, name('two'), name('f')), false);
    assert.equal(readFileSync(join(root, 'x/y/f'), 'utf8'), 'one');
    folder.replace(from, name('three'), name('f'));
    assert.equal(readFileSync(join(root, 'x/y/f'), 'utf8'), 'three');
    assert.deepEqual(from.names(), ['two']);
    for (const open of [from, folder]) open.close();
  });

  it('goes through no link, wherever it stands', (t) => {
    const root = temporaryFolder(t);
    const [out, outside] = [join(root, 'out'), join(root, 'outside')];
    for (const folder of [out, outside, join(out, 'a')]) mkdirSync(folder);
    symlinkSync(outside, join(out, 'link'));
    symlinkSync(outside, join(out, 'a/deep'));
    writeFileSync(join(out, 'file'), 'x');
    const tree = OutputTree.make(out);
    t.after(() => tree.close());
    for (const missing of ['make', 'leave'] as const) {
      const folder = (text: string) => () => tree.folder(name(text), missing as 'make');
      const link = { code: 'E_PATH', message: /is a link/ };
      assert.throws(folder('link'), link);
      assert.throws(folder('link/b'), link);
      assert.throws(folder('a/deep/b/c'), link);
      assert.throws(folder('file/b'), { code: 'E_PATH', message: /is no folder/ });
    }
    assert.deepEqual(readdirSync(outside), []);
  });

  it('writes into the folder that it opened, not into what takes its name', (t) => {
    if (!existsSync('/proc/self/fd')) return t.skip('needs /proc');
    const root = temporaryFolder(t);
    const [out, outside] = [join(root, 'out'), join(root, 'outside')];
    mkdirSync(outside);
    const tree = OutputTree.make(out);
    t.after(() => tree.close());
    const from = tree.folder(name('tmp'), 'make');
    const folder = tree.folder(name('a'), 'make');
    writeFileSync(from.pathOf(name('f')), 'text');
    renameSync(join(out, 'a'), join(out, 'moved'));
    symlinkSync(outside, join(out, 'a'));
    assert.equal(folder.place(from, name('f'), name('f')), true);
    assert.deepEqual(readdirSync(outside), []);
    assert.deepEqual(readdirSync(join(out, 'moved')), ['f']);
    for (const open of [from, folder]) open.close();
  });

  it('is refused where it cannot be', (t) => {
    const root = temporaryFolder(t);
    writeFileSync(join(root, 'file'), 'x');
    assert.throws(() => OutputTree.make(join(root, 'file')), { code: 'E_DISK', exitCode: 5 });
    assert.throws(() => OutputTree.open(join(root, 'file')), { code: 'E_DISK' });
    assert.equal(OutputTree.open(join(root, 'none')), undefined);
  });

  it('leaves no file open', (t) => {
    if (!existsSync('/proc/self/fd')) return t.skip('needs /proc');
    const root = temporaryFolder(t);
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    const tree = OutputTree.make(root);
    const state = BatchState.open(tree, whole, root);
    writeFileSync(join(root, 'file'), 'x');
    assert.throws(() => tree.folder(name('a/b/../../file/c'), 'make'));
    state.close();
    tree.close();
    assert.equal(open(), before);
  });
});

describe("evensr's folder in the output", () => {
  const at = (root: string, ...names: string[]) => join(root, '.evensr/tmp', ...names);

  function opened(t: { after(done: () => void): void }, root: string, shard = whole): BatchState {
    const tree = OutputTree.make(root);
    t.after(() => tree.close());
    return BatchState.open(tree, shard, root);
  }

  it('is cleared of what killed runs left: of this shard, and of other shard counts', (t) => {
    const root = temporaryFolder(t);
    for (const part of ['1-of-1', '1-of-2', '2-of-2', '3-of-9']) {
      mkdirSync(at(root, part), { recursive: true });
      writeFileSync(at(root, part, 'left.tmp'), 'x');
    }
    const state = opened(t, root, { index: 1, count: 2 });
    const left = ['1-of-1', '1-of-2', '2-of-2', '3-of-9'].filter((part) =>
      existsSync(at(root, part, 'left.tmp')),
    );
    assert.deepEqual(left, ['2-of-2']);
    const temporary = state.temporaryName();
    writeFileSync(state.temporary.pathOf(temporary), 'x');
    state.close();
    assert.deepEqual(readdirSync(at(root, '1-of-2')), []);
  });

  it('is held by one run a shard, and by shards of one count', (t) => {
    const root = temporaryFolder(t);
    const other = (shard: { index: number; count: number }) => {
      const code = `
        import { OutputTree } from ${JSON.stringify(new URL('../../src/batch/output-tree.js', import.meta.url).href)};
        import { BatchState } from ${JSON.stringify(new URL('../../src/batch/state.js', import.meta.url).href)};
        try {
          BatchState.open(OutputTree.make(${JSON.stringify(root)}), ${JSON.stringify(shard)}, 'SHOWN').close();
          console.log('open');
        } catch (error) { console.log(error.code, error.exitCode, error.message, error.hint); }`;
      return spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        encoding: 'utf8',
      }).stdout.trim();
    };
    const state = opened(t, root, { index: 1, count: 2 });
    assert.match(
      other({ index: 1, count: 2 }),
      /^E_LOCKED 11 another run holds SHOWN\/\.evensr\/tmp\/1-of-2 .*remove SHOWN/,
    );
    assert.match(other({ index: 1, count: 1 }), /^E_LOCKED 11/);
    assert.equal(other({ index: 2, count: 2 }), 'open');
    state.close();
    assert.equal(other({ index: 1, count: 1 }), 'open');
  });

  it('is no link', (t) => {
    const root = temporaryFolder(t);
    const outside = temporaryFolder(t);
    symlinkSync(outside, join(root, '.evensr'));
    assert.throws(() => opened(t, root), { code: 'E_PATH' });
    rmSync(join(root, '.evensr'));
    mkdirSync(join(root, '.evensr'));
    symlinkSync(outside, join(root, '.evensr/tmp'));
    assert.throws(() => opened(t, root), { code: 'E_PATH' });
    assert.deepEqual(readdirSync(outside), []);
  });
});
