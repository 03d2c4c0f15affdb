import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bufferOf, byteName, bytesOfText, collisionKey } from '../../src/batch/byte-name.ts';
import { parseNamePattern } from '../../src/batch/name-pattern.ts';
import { type PlanOptions, placeOutput, planOutputs, stateFolder } from '../../src/batch/plan.ts';
import { scanSources } from '../../src/data/scan.ts';
import type { ScannedItem } from '../../src/data/walk.ts';
import { EvensrError } from '../../src/errors.ts';
import { makeFifo, temporaryFolder } from '../data-corpus.ts';

function found(name: string | Uint8Array, source = '/in/'): ScannedItem {
  const below = Buffer.from(name as string);
  const path = Buffer.concat([Buffer.from(source), below]);
  const photo = { name: below.toString(), path, size: 1, fingerprint: '1:1:1', inode: 1n };
  return { key: below, path, below, photo };
}

const options = (more: Partial<Omit<PlanOptions, 'pattern'>> & { name?: string } = {}) => {
  const { name = '{name}', ...rest } = more;
  return {
    pattern: parseNamePattern(name),
    format: 'keep' as const,
    fields: { scale: bytesOfText('4'), model: bytesOfText('m') },
    shard: { index: 1, count: 1 },
    ...rest,
  };
};
const outputs = (names: (string | Uint8Array)[], more?: Parameters<typeof options>[0]) =>
  planOutputs({ items: names.map((name) => found(name)) }, options(more)).items.map(
    ({ output }) => output as string,
  );
const collisions = (names: string[], more?: Parameters<typeof options>[0]): string[] => {
  try {
    outputs(names, more);
    return [];
  } catch (error) {
    assert.ok(error instanceof EvensrError && error.code === 'E_COLLISION', String(error));
    return [error.message, ...error.details];
  }
};

describe('the plan of outputs', () => {
  it('keeps names and folders', () => {
    const kept = ['a.JPG', 'b/c d.webp', '\n.webp', 'x.y.tif'];
    assert.deepEqual(outputs(kept), kept);
    assert.deepEqual(outputs(['b/c.gif', '.png']), ['b/c.png', '.png.png']);
    assert.deepEqual(outputs(['b/a.jpg'], { name: '{name}_x{scale}', format: 'png' }), [
      'b/a_x4.png',
    ]);
    const raw = Buffer.from([0xff, 0x2e, 0x70, 0x6e, 0x67]);
    assert.deepEqual(outputs([raw]), [byteName(raw)]);
  });

  it('refuses two outputs of one name, and names every pair', () => {
    assert.deepEqual(collisions(['a.jpg', 'a.png'], { format: 'png' }), [
      'two pictures would be written to one file: a.jpg and a.png -> a.png',
    ]);
    assert.equal(collisions(['a.jpg', 'a.png', 'a.webp'], { format: 'png' }).length, 2);
    assert.deepEqual(collisions(['a.jpg', 'a.png']), []);
    assert.match(collisions(['A.png', 'a.png'])[0] ?? '', /A\.png and a\.png$/);
    assert.equal(collisions(['e\u0301.png', '\u00e9.png']).length, 1);
    assert.equal(collisions(['x/a.png', 'X/A.png']).length, 1);
    // One's folder would be the other's file.
    assert.equal(collisions(['a.png', 'A.PNG/b.png']).length, 1);
    assert.equal(collisions(['a.png/b/c.png', 'a.png']).length, 1);
    assert.deepEqual(collisions(['a.jpg', 'a.png'], { format: 'png', name: '{name}_{ext}' }), []);
  });

  it('refuses collisions with pictures of other shards, too', () => {
    const shard = { index: 1, count: 1000 };
    assert.equal(collisions(['a.jpg', 'a.png'], { format: 'png', shard }).length, 1);
  });

  it('takes a file once that was given twice', () => {
    const items = [found('a.png'), found('a.png')];
    assert.equal(planOutputs({ items }, options()).items.length, 1);
    assert.equal(collisions(['b.png']).length, 0);
    const other = [found('a.png'), found('a.png', '/other/')];
    assert.throws(() => planOutputs({ items: other }, options()), { code: 'E_COLLISION' });
  });

  it('refuses names that no file can have', () => {
    const long = `${'n'.repeat(251)}.png`;
    const refusedOf = (name: string, pattern?: string) =>
      planOutputs({ items: [found(name)] }, options(pattern ? { name: pattern } : {})).refused;
    assert.deepEqual(refusedOf(long), []);
    assert.match(refusedOf(long, '{name}_out')[0]?.reason ?? '', /259 bytes, 255 at most/);
    assert.match(refusedOf('../a.png')[0]?.reason ?? '', /out of the output folder/);
    assert.match(refusedOf(`${stateFolder}/a.png`)[0]?.reason ?? '', /own folder/);
    assert.match(refusedOf(`${stateFolder.toUpperCase()}/a.png`)[0]?.reason ?? '', /own folder/);
  });

  it('keeps a name free for PNG where the format may not do, unless another has it', () => {
    const fallbacks = (names: string[]) =>
      planOutputs({ items: names.map((name) => found(name)) }, options()).items.map(
        ({ fallback }) => fallback,
      );
    assert.deepEqual(fallbacks(['a.jpg', 'b.png']), ['a.png', undefined]);
    assert.deepEqual(fallbacks(['a.jpg', 'a.png']), [undefined, undefined]);
    assert.deepEqual(fallbacks(['a.jpg', 'a.webp', 'c.webp']), [undefined, undefined, 'c.png']);
  });

  it('never plans two outputs that some file system would take for one', () => {
    const name = fc.array(
      fc.constantFrom('a', 'A', 'é', 'e\u0301', '/', '.jpg', '.png', 'ß', 'SS'),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { selector: (parts) => parts.join('') }), (all) => {
        const items = all.map((parts) => found(parts.join('')));
        let plan: ReturnType<typeof planOutputs>;
        try {
          plan = planOutputs({ items }, options({ format: 'png' }));
        } catch (error) {
          assert.equal((error as EvensrError).code, 'E_COLLISION');
          return;
        }
        const keys = plan.items.map(({ output }) => collisionKey(output));
        assert.equal(new Set(keys).size, keys.length);
        for (const key of keys)
          assert.ok(!keys.some((other) => other.startsWith(`${key}/`)), `${key} is a folder`);
        assert.equal(plan.items.length + plan.refused.length, items.length);
        for (const { output } of plan.items)
          assert.ok(bufferOf(output).length > 0 && !output.split('/').includes('..'));
      }),
    );
  });
});

describe('the place of outputs', () => {
  it('may not be in what is read, nor what is read in it', async (t) => {
    const root = temporaryFolder(t);
    for (const folder of ['in/sub', 'elsewhere', 'out/deep'])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'in/a.png'), 'x');
    writeFileSync(join(root, 'out/deep/b.png'), 'x');
    symlinkSync(join(root, 'in'), join(root, 'link'));
    const place = async (input: string, output: string) => {
      const { roots } = await scanSources([join(root, input)]);
      return await placeOutput(join(root, output), roots);
    };
    const refused = async (input: string, output: string) =>
      await assert.rejects(place(input, output), { code: 'E_PATH', exitCode: 2 });
    await refused('in', 'in');
    await assert.rejects(place('in', 'in'), /is the folder of the input/);
    await refused('in', 'in/sub');
    await refused('in', 'in/new');
    await refused('in', 'link/new');
    await refused('link', 'in/new');
    await refused('out/deep', 'out');
    await refused('out/deep/b.png', 'out');
    await refused('in/a.png', 'in');
    await refused('in/**/*.png', 'in/new');
    assert.equal(await place('in/a.png', 'in/new'), join(root, 'in/new'));
    assert.equal(await place('in/*.png', 'in/new'), join(root, 'in/new'));
    assert.equal(await place('in', 'in2'), join(root, 'in2'));
    // A link in the input that leads into the output.
    symlinkSync(join(root, 'out/deep'), join(root, 'in/to-out'));
    await refused('in', 'out');
  });
});

describe('what is found for a batch', () => {
  it('has its place below its source', async (t) => {
    const root = temporaryFolder(t);
    mkdirSync(join(root, 'in/sub/.evensr'), { recursive: true });
    const odd = Buffer.concat([
      Buffer.from(join(root, 'in/sub/')),
      Buffer.from([0xff]),
      Buffer.from('.png'),
    ]);
    for (const path of ['in/a.png', 'in/sub/b.png', 'in/sub/.evensr/c.png', 'in/notes'].map(
      (name) => join(root, name),
    ))
      writeFileSync(path, 'x');
    writeFileSync(odd, 'x');
    symlinkSync(join(root, 'in/a.png'), join(root, 'in/link.png'));
    const places = async (source: string, more = {}) => {
      const scan = await scanSources([join(root, source)], { passOver: stateFolder, ...more });
      return scan.items.map(({ below }) => below.toString('latin1'));
    };
    const all = ['a.png', 'link.png', 'sub/b.png', 'sub/\xff.png'];
    assert.deepEqual(await places('in'), all);
    assert.deepEqual(await places('in', { recursive: false }), all.slice(0, 2));
    assert.deepEqual(await places('in/sub/b.png'), ['b.png']);
    assert.deepEqual(await places('in/notes'), ['notes']);
    assert.deepEqual(await places('in/**/*.png'), all);
    assert.deepEqual(await places('in/sub/*.png'), ['b.png', '\xff.png']);
    writeFileSync(join(root, 'list.txt'), `in/sub/b.png\n${join(root, 'in/a.png')}\n`);
    assert.deepEqual(await places('list.txt'), ['a.png', 'in/sub/b.png']);
  });

  it('holds what cannot be read as problems, when that is asked for', async (t) => {
    const root = temporaryFolder(t);
    const fifo = makeFifo(join(root, 'fifo.png'));
    mkdirSync(join(root, 'folder.png'));
    const { items } = await scanSources([root], { tolerant: true });
    const codes = items.map(({ problem }) => problem?.code);
    assert.deepEqual(codes, [...(fifo ? ['E_NOT_A_FILE'] : []), 'E_NOT_A_FILE']);
    const matched = await scanSources([join(root, '*.png')]);
    assert.equal(matched.items.filter(({ problem }) => problem).length, fifo ? 1 : 0);
  });
});
