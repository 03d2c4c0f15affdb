import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { native } from '../../src/native.ts';

interface Faulty {
  _writeFileDurably(
    path: string,
    parts: Uint8Array[],
    at: number,
    kind: 'error' | 'short' | 'kill' | 'full',
    errno: number,
  ): Promise<number>;
}
const faulty = native as unknown as Faulty;

const text = (value: string) => new TextEncoder().encode(value);
const none = -1;

describe('durable files', () => {
  let folder: string;
  let path: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-files-'));
    path = join(folder, 'state');
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Nothing but the file itself is left, and it holds this. */
  function holds(expected: string): void {
    assert.deepEqual(readdirSync(folder), ['state']);
    assert.equal(readFileSync(path, 'utf8'), expected);
  }

  it('writes the parts one after the other and replaces an old file', async () => {
    await native.writeFileDurably(path, [text('old'), text(' file')]);
    holds('old file');
    await native.writeFileDurably(path, [text(''), text('new')]);
    holds('new');
    await native.writeFileDurably(path, []);
    holds('');
  });

  it('keeps its bytes when the caller changes or detaches the buffer meanwhile', async () => {
    const part = text('x'.repeat(3_000_000));
    const done = native.writeFileDurably(path, [part]);
    structuredClone(part.buffer, { transfer: [part.buffer as ArrayBuffer] });
    await done;
    holds('x'.repeat(3_000_000));
  });

  it('keeps the old file and no other when any system call fails, whatever the reason', async () => {
    const { ENOSPC, EDQUOT, EIO, EACCES } = constants.errno;
    writeFileSync(path, 'old');
    const calls = await faulty._writeFileDurably(path, [text('old')], none, 'error', 0);
    assert.ok(calls >= 11, `${calls} calls`);
    const folderSync = calls - 3; // open, fsync and close of the folder come last, after the rename
    for (const errno of [ENOSPC, EDQUOT, EIO, EACCES]) {
      for (let at = 0; at < calls - 1; at++) {
        writeFileSync(path, 'old');
        await assert.rejects(
          faulty._writeFileDurably(path, [text('new')], at, 'error', errno),
          (error: Error & { code: string }) => {
            assert.equal(error.code, 'E_DISK');
            assert.match(error.message, /3 bytes needed, \d+ free/);
            return true;
          },
          `call ${at}`,
        );
        holds(at < folderSync ? 'old' : 'new');
      }
    }
  });

  it('goes on after interrupted calls and short counts', async () => {
    const calls = await faulty._writeFileDurably(path, [text('three')], none, 'error', 0);
    for (let at = 1; at < calls; at++) {
      await faulty._writeFileDurably(path, [text('short')], at, 'short', 0);
      holds('short');
    }
    // open, write and read are repeated after EINTR; fsync and rename never are.
    const repeated = [1, 2, 5, 6];
    for (const at of repeated) {
      await faulty._writeFileDurably(path, [text('again')], at, 'error', constants.errno.EINTR);
      holds('again');
    }
  });

  it('refuses before writing when there is no room', async () => {
    writeFileSync(path, 'old');
    await assert.rejects(faulty._writeFileDurably(path, [text('new')], 0, 'full', 0), {
      code: 'E_DISK',
      message: /3 bytes needed, 0 free/,
    });
    holds('old');
  });

  it('leaves the old or the new file, whole, when killed at any system call', async () => {
    const calls = await faulty._writeFileDurably(path, [text('old')], none, 'error', 0);
    const addon = fileURLToPath(
      new URL('../../../build/native/Release/evensr.node', import.meta.url),
    );
    for (let at = 0; at < calls; at++) {
      writeFileSync(path, 'old');
      const script = `require(process.argv[1])._writeFileDurably(
        process.argv[2], [Buffer.from('new')], ${at}, 'kill', 0)`;
      const { signal } = spawnSync(process.execPath, ['-e', script, addon, path]);
      assert.equal(signal, 'SIGKILL', `call ${at}`);
      assert.ok(['old', 'new'].includes(readFileSync(path, 'utf8')), `call ${at}`);
      for (const name of readdirSync(folder)) {
        if (name !== 'state') {
          assert.match(name, /^\.state\.\d+\.\d+\.tmp$/);
          rmSync(join(folder, name));
        }
      }
    }
  });

  it('names what is wrong with its arguments', async () => {
    const write = native.writeFileDurably as (...args: unknown[]) => unknown;
    assert.throws(() => write('', []), { name: 'TypeError', message: /path/ });
    assert.throws(() => write('a\0b', []), { name: 'TypeError', message: /path/ });
    assert.throws(() => write(path, 'text'), { name: 'TypeError', message: /parts/ });
    assert.throws(() => write(path, [[1, 2]]), { name: 'TypeError', message: /Uint8Array/ });
    await assert.rejects(native.writeFileDurably(join(folder, 'no/such/folder'), [text('x')]), {
      code: 'E_DISK',
      message: /No such file/,
    });
  });
});
