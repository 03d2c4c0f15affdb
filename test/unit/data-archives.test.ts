import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bunzip } from '../../src/data/samples/bunzip.ts';
import { readRcc } from '../../src/data/samples/rcc.ts';

interface Node {
  name: string;
  children?: Node[];
  data?: Buffer;
  flags?: number;
}

/** Writes a resource file of version 3 as Qt's format description has it. */
function rcc(root: Node): Buffer {
  const nodes: { node: Node; firstChild: number }[] = [{ node: root, firstChild: 0 }];
  for (let at = 0; at < nodes.length; at++) {
    const entry = nodes[at] as (typeof nodes)[0];
    entry.firstChild = nodes.length;
    for (const node of entry.node.children ?? []) nodes.push({ node, firstChild: 0 });
  }
  const [names, data]: [Buffer[], Buffer[]] = [[], []];
  const size = (parts: Buffer[]) => parts.reduce((sum, part) => sum + part.length, 0);
  const tree = nodes.map(({ node, firstChild }) => {
    const entry = Buffer.alloc(22);
    entry.writeUInt32BE(size(names), 0);
    const text = Buffer.from(node.name, 'utf16le').swap16();
    const head = Buffer.alloc(6);
    head.writeUInt16BE(node.name.length, 0);
    names.push(head, text);
    entry.writeUInt16BE(node.children ? 2 : (node.flags ?? 0), 4);
    if (node.children) {
      entry.writeUInt32BE(node.children.length, 6);
      entry.writeUInt32BE(firstChild, 10);
    } else {
      entry.writeUInt32BE(size(data), 10);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(node.data?.length ?? 0, 0);
      data.push(length, node.data ?? Buffer.alloc(0));
    }
    return entry;
  });
  const header = Buffer.alloc(24);
  header.write('qres', 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(24, 8);
  header.writeUInt32BE(24 + size(tree), 12);
  header.writeUInt32BE(24 + size(tree) + size(data), 16);
  return Buffer.concat([header, ...tree, ...data, ...names]);
}

const archive = rcc({
  name: '',
  children: [
    { name: 'a', children: [{ name: 'één.webp', data: Buffer.from('first') }] },
    { name: 'b.webp', data: Buffer.from('second') },
    { name: 'text.qml', data: Buffer.from('zipped'), flags: 1 },
  ],
});

// printf 'evensr evensr evensr\n' | bzip2 | base64
const compressed = 'QlpoOTFBWSZTWSDB1ncAAARRgAAQQAACARkAIAAiPUYQhgGUWJlKceLuSKcKEgQYOs7g';

describe('bzip2', () => {
  it('is unpacked by dpkg-deb, and damage is an error', async (t) => {
    if (spawnSync('dpkg-deb', ['--version']).error) return t.skip('no dpkg-deb here');
    const bytes = Buffer.from(compressed, 'base64');
    assert.equal((await bunzip(bytes)).toString(), 'evensr evensr evensr\n');
    await assert.rejects(bunzip(bytes.subarray(0, 20)), /bzip2/);
    await assert.rejects(bunzip(Buffer.from('no stream')), /bzip2/);
  });
});

describe('Qt resource files', () => {
  it('gives the files that are stored plainly, by their paths', () => {
    const files = [...readRcc(archive)].map(([path, bytes]) => [path, bytes.toString()]);
    assert.deepEqual(files, [
      ['a/één.webp', 'first'],
      ['b.webp', 'second'],
    ]);
  });

  it('refuses a folder that contains itself', () => {
    const loop = Buffer.from(archive);
    // The first child of node 1, the folder a: itself.
    loop.writeUInt32BE(1, 24 + 22 + 10);
    assert.throws(() => readRcc(loop), { name: 'RangeError', message: /loop/ });
  });

  it('ends with a RangeError on damage, never with anything else', () => {
    const at = fc.integer({ min: 0, max: archive.length - 1 });
    fc.assert(
      fc.property(at, fc.integer({ min: 0, max: 255 }), fc.boolean(), (where, value, cut) => {
        const broken = Buffer.from(cut ? archive.subarray(0, where) : archive);
        if (!cut) broken[where] = value;
        try {
          readRcc(broken);
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});
