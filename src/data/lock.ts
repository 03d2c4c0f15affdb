/** Lets one process at a time do work that many would otherwise do twice. */
import { randomBytes } from 'node:crypto';
import { link, readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from './folder.ts';

const pollMs = 100;
const heartbeatMs = 2000;
/** A lock of a process that cannot be looked at is stale when its time stands still for so long. */
const defaultPatienceMs = 20_000;

/** Content of a lock file. */
export interface Owner {
  pid: number;
  /** Clock ticks from boot to the start of the process: tells it from a later one of the same number. */
  started: string;
  /** Host, boot and process namespace: numbers mean something only within one. */
  scope: string;
}

/** How a process is told apart from every other one, also after it has ended. */
export async function ownerOf(pid: number): Promise<Owner> {
  const processNamespace = await readlink('/proc/self/ns/pid').catch(() => '');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const line = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name, second of the fields, may hold blanks and parentheses: count from its end.
  const started = line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return { pid, started, scope: `${hostname()} ${boot.trim()} ${processNamespace}` };
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return started === '' || (await ownerOf(pid)).started === started;
}

/** Creates the lock file with its content at once; false when there is one. */
async function tryLock(path: string, own: Owner): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, JSON.stringify(own));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Looks at somebody else's lock again and again, and removes it when its owner is gone. */
class Watch {
  readonly #path: string;
  readonly #own: Owner;
  readonly #patienceMs: number;
  #time = -1;
  #since = 0;

  constructor(path: string, own: Owner, patienceMs: number) {
    this.#path = path;
    this.#own = own;
    this.#patienceMs = patienceMs;
  }

  async #isStale(): Promise<boolean> {
    const { mtimeMs } = await stat(this.#path);
    if (mtimeMs !== this.#time) [this.#time, this.#since] = [mtimeMs, performance.now()];
    const owner = JSON.parse(await readFile(this.#path, 'utf8')) as Owner;
    if (owner.scope === this.#own.scope) return !(await isAlive(owner));
    return performance.now() - this.#since > this.#patienceMs;
  }

  async look(): Promise<void> {
    // A lock that is gone or unreadable is one that is just being released.
    if (!(await this.#isStale().catch(() => false))) return;
    const grave = `${this.#path}.${randomBytes(6).toString('hex')}`;
    await rename(this.#path, grave).catch(() => {});
    await rm(grave, { force: true });
  }
}

export interface LockOptions {
  signal?: AbortSignal;
  patienceMs?: number;
}

/**
 * Runs `work` while no other process runs work under the same lock file; waits for its turn. Locks of
 * processes that died are taken over. It only saves work: two that come to think that the same lock is
 * stale may both run, and what they write must bear that (temporary names, renamed when complete).
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  makeFolder(dirname(path));
  const own = await ownerOf(process.pid);
  const watch = new Watch(path, own, options.patienceMs ?? defaultPatienceMs);
  while (!(await tryLock(path, own))) {
    options.signal?.throwIfAborted();
    await watch.look();
    await sleep(pollMs);
  }
  const heartbeat = setInterval(() => {
    utimes(path, new Date(), new Date()).catch(() => {});
  }, heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}
