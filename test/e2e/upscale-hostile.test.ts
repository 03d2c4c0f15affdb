import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { leftovers, sha256Of, treeOf, UpscaleBench } from './upscale-kit.ts';

let bench: UpscaleBench;
before(() => {
  bench = new UpscaleBench();
});
after(() => bench.remove());

describe('links in the output tree', () => {
  it('lead no write out of it', async () => {
    await bench.picture('links/a.png', 1);
    await bench.picture('links/sub/b.png', 2);
    await bench.picture('links/sub/deep/c.png', 3);
    await bench.picture('links/d.png', 4);
    mkdirSync(bench.path('outside'));
    writeFileSync(bench.path('outside/victim'), 'precious');
    mkdirSync(bench.path('linked'));
    symlinkSync(bench.path('outside'), bench.path('linked/sub'));
    symlinkSync(bench.path('outside/victim'), bench.path('linked/a.png'));
    const result = await bench.run('-i', 'links', '-o', 'linked', '--json', '--overwrite');
    assert.equal(result.code, 4, result.stderr);
    const codes = result.documents
      .filter(({ status }) => status)
      .map(({ code, status }) => code ?? status);
    assert.deepEqual(codes.sort(), ['E_PATH', 'E_PATH', 'E_PATH', 'done']);
    assert.deepEqual(readdirSync(bench.path('outside')), ['victim']);
    assert.equal(readFileSync(bench.path('outside/victim'), 'utf8'), 'precious');
  });

  it('do so neither when they are put there while evensr writes', {
    timeout: 120_000,
  }, async (t) => {
    for (let i = 0; i < 120; i++) await bench.picture(`swap/sub/${i}.png`, i, 16, 16);
    mkdirSync(bench.path('target/deep'), { recursive: true });
    mkdirSync(bench.path('swapped/sub'), { recursive: true });
    // Exchanges the folder for a link, and back, as fast as it can.
    const swapper = spawn(
      process.execPath,
      [
        '-e',
        `
      const { renameSync, symlinkSync, rmSync } = require('node:fs');
      const [sub, kept] = ['swapped/sub', 'swapped/.kept'];
      let [swaps, lost] = [0, 0];
      const wait = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };
      process.on('disconnect', () => process.exit());
      process.on('message', () => process.send(swaps));
      setInterval(() => {
        for (let i = 0; i < 5; i++) try {
          renameSync(sub, kept);
          symlinkSync('../target', sub);
          wait(0.1 + Math.random());
          rmSync(sub);
          renameSync(kept, sub);
          swaps++;
          wait(3 * Math.random());
        } catch {
          // evensr made the folder again meanwhile.
          try { renameSync(sub, 'swapped/.lost' + lost++); } catch {}
          try { renameSync(kept, sub); } catch {}
        }
      }, 1);`,
      ],
      { cwd: bench.root, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
    );
    t.after(() => swapper.kill('SIGKILL'));
    const codes = new Map<string, number>();
    for (let round = 0; round < 8; round++) {
      const result = await bench.run(
        '-i',
        'swap',
        '-o',
        'swapped',
        '--json',
        '--overwrite',
        '-s',
        `${(round + 1) / 2}`,
      );
      assert.ok(result.code === 0 || result.code === 4, result.stderr);
      for (const { status, code } of result.documents)
        if (status) codes.set(`${code ?? status}`, (codes.get(`${code ?? status}`) ?? 0) + 1);
    }
    swapper.send('stop');
    const swaps = await new Promise((resolve) => swapper.once('message', resolve));
    t.diagnostic(`${swaps} swaps, ${JSON.stringify(Object.fromEntries(codes))}`);
    assert.ok(Number(swaps) > 100);
    assert.ok((codes.get('done') ?? 0) > 0 && (codes.get('E_PATH') ?? 0) > 0, 'no race was met');
    assert.deepEqual(treeOf(bench.path('target'), sha256Of), {});
    // A folder that is gone for a moment is made again, so the swapper may lose its place: no harm is done.
    const known = new Set(['done', 'skipped', 'E_PATH', 'E_DISK', 'E_EXISTS']);
    assert.deepEqual(
      [...codes.keys()].filter((code) => !known.has(code)),
      [],
    );
  });
});

describe('a disk that becomes full', () => {
  it('stops the batch with nothing half written, and later all is done', async (t) => {
    mkdirSync(bench.path('full'));
    const mount = spawnSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      'size=400k',
      'tmpfs',
      bench.path('full'),
    ]);
    if (mount.status !== 0) return t.skip('no tmpfs can be mounted here (needs root)');
    t.after(() => spawnSync('umount', ['-l', bench.path('full')]));
    for (let i = 0; i < 30; i++) await bench.picture(`filling/${i}.png`, i, 96, 80);
    const result = await bench.run('-i', 'filling', '-o', 'full/out', '--json');
    assert.equal(result.code, 5, result.stderr);
    const { done, failed, notReached } = result.documents.at(-1) as Record<string, number>;
    assert.ok(Number(done) > 0 && Number(failed) > 0 && Number(notReached) > 0, result.stdout);
    assert.match(result.stderr, /E_DISK.*(full|room)/);
    const written = Object.keys(treeOf(bench.path('full/out'), sha256Of));
    assert.equal(written.length, done);
    for (const name of written) {
      const { info } = await sharp(bench.path('full/out', name))
        .raw()
        .toBuffer({ resolveWithObject: true });
      assert.deepEqual([info.width, info.height], [192, 160]);
    }
    assert.deepEqual(leftovers(bench.path('full/out')), []);
    spawnSync('mount', ['-o', 'remount,size=20m', bench.path('full')]);
    const rest = await bench.run('-i', 'filling', '-o', 'full/out');
    assert.equal(rest.code, 0, rest.stderr);
    assert.match(rest.stdout, new RegExp(`skipped ${done} `));
    assert.equal(Object.keys(treeOf(bench.path('full/out'), sha256Of)).length, 30);
  });
});

describe('a journal that was tampered with', () => {
  it('leads to nothing outside, and at worst to work done again', async () => {
    await bench.picture('tamper/a.png', 1);
    const args = ['-i', 'tamper', '-o', 'tampered', '--json'];
    assert.equal((await bench.run(...args)).code, 0);
    const file = bench.path('tampered/.evensr/journal.jsonl');
    const lines = readFileSync(file, 'utf8');
    const hostile = [
      '{"done":"../../victim","with":"x","sha256":"x","input":"1","output":"1"}',
      '{"begin":"a.png","with":"__proto__","sha256":"x","input":"1","output":"1:1"}',
      '{"settings":"__proto__","model":"m"}',
      '{"__proto__":{"done":1}}',
      'null',
      '[]',
      '\u0000\u0001',
    ].join('\n');
    writeFileSync(file, `${lines}${hostile}\n{"torn`);
    const again = await bench.run(...args);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(again.documents.at(-1)?.skipped, 1);
    assert.match(again.stderr, /W_JOURNAL: \d damaged/);
    rmSync(file);
    // Without its journal the output is a stranger's.
    const lost = await bench.run(...args);
    assert.equal(lost.documents[0]?.code, 'E_EXISTS');
  });
});
