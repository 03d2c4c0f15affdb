import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownerOf, withLock } from '../../src/data/lock.ts';
import { temporaryFolder } from '../data-corpus.ts';

const module = new URL('../../src/data/lock.js', import.meta.url).href;

/** A process that takes the lock, says so, and ends when its stdin does. */
async function holder(path: string) {
  const code = `import(${JSON.stringify(module)}).then(({ withLock }) =>
    withLock(${JSON.stringify(path)}, async () => {
      console.log('taken');
      await new Promise((done) => process.stdin.on('end', done).resume());
    }))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('lock', () => {
  it('lets one after the other in, in one process and between two', async (t) => {
    const path = join(temporaryFolder(t), 'lock');
    let inside = 0;
    const work = async () => {
      assert.equal(++inside, 1);
      await sleep(20);
      inside--;
    };
    await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
    const child = await holder(path);
    let entered = false;
    const mine = withLock(path, async () => {
      entered = true;
    });
    await sleep(250);
    assert.ok(!entered, 'the other process still holds it');
    child.stdin.end();
    await mine;
    assert.ok(entered && !existsSync(path));
  });

  it('is taken over from a process that was killed', async (t) => {
    const folder = temporaryFolder(t);
    const child = await holder(join(folder, 'lock'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(existsSync(join(folder, 'lock')));
    assert.equal(await withLock(join(folder, 'lock'), async () => 7), 7);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is taken over from a process whose number another one has now', async (t) => {
    const path = join(temporaryFolder(t), 'lock');
    const own = await ownerOf(process.pid);
    writeFileSync(path, JSON.stringify({ ...own, started: `${own.started}0` }));
    assert.equal(await withLock(path, async () => 7), 7);
  });

  it('is taken over from another machine when its time stands still', async (t) => {
    const path = join(temporaryFolder(t), 'lock');
    const foreign = { ...(await ownerOf(process.pid)), scope: 'elsewhere' };
    writeFileSync(path, JSON.stringify(foreign));
    const controller = new AbortController();
    const impatient = withLock(path, async () => 7, { signal: controller.signal });
    await sleep(250);
    controller.abort();
    await assert.rejects(impatient, { name: 'AbortError' });
    assert.equal(await withLock(path, async () => 7, { patienceMs: 150 }), 7);
  });

  it('is released when the work fails', async (t) => {
    const path = join(temporaryFolder(t), 'lock');
    await assert.rejects(
      withLock(path, async () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.ok(!existsSync(path));
  });
});
