import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { describeProcess, fileName, type Holder, lockFolder } from '../../src/train/lock.ts';

const lockModule = new URL('../../src/train/lock.js', import.meta.url).href;

/** A process that tries to take the lock, says how that went, and lives until it is killed. */
function contender(folder: string): { child: ChildProcess; answer: Promise<string> } {
  const script = `
    import { lockFolder } from ${JSON.stringify(lockModule)};
    try { lockFolder(process.argv[1]); console.log('held'); } catch (e) { console.log(e.code); }
    process.stdin.on('end', () => process.exit()).resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder]);
  const answer = new Promise<string>((resolve) => {
    child.stdout.once('data', (data) => resolve(String(data).trim()));
  });
  return { child, answer };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

describe('lock of a run folder', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-lock-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const refused = { code: 'E_LOCKED', exitCode: 11 };

  it('is taken once, released, and taken again', () => {
    const release = lockFolder(folder);
    assert.throws(() => lockFolder(folder), refused);
    release();
    assert.deepEqual(readdirSync(folder), []);
    lockFolder(folder)();
  });

  it('is E_DISK where nothing can be written', () => {
    for (const path of [process.execPath, join(process.execPath, 'run')])
      assert.throws(() => lockFolder(path), {
        code: 'E_DISK',
        exitCode: 5,
        hint: /another folder/,
      });
  });

  it('is refused while its holder lives and taken over when it was killed', async () => {
    const { child, answer } = contender(folder);
    assert.equal(await answer, 'held');
    assert.throws(() => lockFolder(folder), { ...refused, message: new RegExp(`${child.pid}`) });
    await kill(child);
    lockFolder(folder)();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('never goes to two of many that start at the same time', async () => {
    const contenders = Array.from({ length: 6 }, () => contender(folder));
    const answers = await Promise.all(contenders.map(({ answer }) => answer));
    assert.ok(answers.filter((text) => text === 'held').length <= 1, answers.join(' '));
    assert.ok(
      answers.every((text) => ['held', 'E_LOCKED'].includes(text)),
      answers.join(' '),
    );
    await Promise.all(contenders.map(({ child }) => kill(child)));
  });

  it('knows a dead holder whose process id was given to another process', () => {
    const parent = describeProcess(process.ppid) as Holder;
    assert.ok(parent);
    const held = (holder: Holder) => writeFileSync(join(folder, fileName(holder)), '');
    held({ ...parent, started: '1' });
    lockFolder(folder)();
    held({ ...parent, scope: `00000000${parent.scope.slice(8)}` }); // of an earlier boot
    lockFolder(folder)();
    assert.deepEqual(readdirSync(folder), []);
    held(parent);
    assert.throws(() => lockFolder(folder), refused);
    rmSync(join(folder, fileName(parent)));
  });

  it('assumes that holders on other machines and in other containers live', () => {
    const parent = describeProcess(process.ppid) as Holder;
    for (const holder of [
      { ...parent, host: 'else-where' },
      { ...parent, scope: `${parent.scope}1` },
    ]) {
      const path = join(folder, fileName(holder));
      writeFileSync(path, '');
      assert.throws(() => lockFolder(folder), { ...refused, message: /process/ });
      rmSync(path);
    }
  });
});
