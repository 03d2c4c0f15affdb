import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Start time of a process in clock ticks since boot, so that a reused process number is noticed. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function isAlive(owner: string): Promise<boolean> {
  const [pid, start] = owner.split(' ');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return start === '' || (await startOf(Number(pid))) === start;
}

async function tryLock(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return undefined;
  }
}

/** Takes a lock away from an owner that is dead. A lock without an owner is one being written. */
async function clearStale(path: string, pollMs: number): Promise<void> {
  const owner = await readFile(path, 'utf8').catch(() => undefined);
  if (owner === undefined || (owner !== '' && (await isAlive(owner)))) return;
  await sleep(pollMs);
  if ((await readFile(path, 'utf8').catch(() => undefined)) !== owner) return;
  const grave = `${path}.${process.pid}.dead`;
  await rename(path, grave).catch(() => {});
  await rm(grave, { force: true });
}

/**
 * Runs `work` while no other process of this machine runs work under the same lock file; waits for its
 * turn. It saves work that would be done twice and is no guard of correctness: what is written under it
 * is renamed into place anyway.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { signal?: AbortSignal; onWait?: () => void } = {},
): Promise<T> {
  const pollMs = 100;
  await mkdir(dirname(path), { recursive: true });
  let lock = await tryLock(path);
  if (!lock) options.onWait?.();
  while (!lock) {
    options.signal?.throwIfAborted();
    await clearStale(path, pollMs);
    await sleep(pollMs);
    lock = await tryLock(path);
  }
  try {
    await lock.writeFile(`${process.pid} ${await startOf(process.pid)}`);
    await lock.close();
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
