/** The lock of a run folder: two runs writing into one folder would destroy both. */
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, exitCodes } from '../errors.ts';

/** A process, told apart from any later one that gets the same id. */
export interface Holder {
  host: string;
  /** Distinguishes boots and process-id namespaces: ids mean something only within one. */
  scope: string;
  pid: number;
  /** Clock ticks from boot to the start of the process (/proc/PID/stat, field 22). */
  started: string;
}

const lockName = /^lock-(.+)-([0-9a-z]+)-(\d+)-(\d+)$/;

/**
 * Takes the lock of `folder` for this process, or throws E_LOCKED (exit code 11).
 *
 * Every process first announces itself by creating a file of its own, named after it, and then looks
 * for others: whoever looks last sees the other, so two can never both succeed, and there is no
 * moment at which a dead holder's lock is being replaced. Files of dead holders are removed.
 * @returns releases the lock
 */
export function lockFolder(folder: string): () => void {
  const own = describeProcess(process.pid) ?? fail(folder, 'this process has no /proc entry');
  makeFolder(folder);
  const path = join(folder, fileName(own));
  try {
    writeFileSync(path, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw diskError(folder, error);
    refuse(folder, own, path);
  }
  const release = () => rmSync(path, { force: true });
  try {
    for (const name of readdirSync(folder)) {
      const holder = parse(name);
      if (!holder || name === fileName(own)) continue;
      if (!isDead(holder, own)) refuse(folder, holder, join(folder, name));
      rmSync(join(folder, name), { force: true });
    }
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

/** The process with that id, as long as it lives (a zombie does not); nothing without /proc. */
export function describeProcess(pid: number): Holder | undefined {
  try {
    // The name in field 2 may hold blanks and parentheses: count from its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    if (started === undefined || state === 'Z' || state === 'X') return undefined;
    return { host: hostname().replace(/[^\w.]/g, '_'), scope: scope(), pid, started };
  } catch {
    return undefined;
  }
}

function scope(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  return boot + (readlinkSync('/proc/self/ns/pid').match(/\d+/)?.[0] ?? '');
}

/** Of a holder that we cannot look at (another host, another container) we must assume that it lives. */
function isDead(holder: Holder, own: Holder): boolean {
  if (holder.host !== own.host) return false;
  if (holder.scope !== own.scope) return holder.scope.slice(0, 8) !== own.scope.slice(0, 8);
  return describeProcess(holder.pid)?.started !== holder.started;
}

export function fileName({ host, scope, pid, started }: Holder): string {
  return `lock-${host}-${scope}-${pid}-${started}`;
}

function parse(name: string): Holder | undefined {
  const [, host, scope, pid, started] = lockName.exec(name) ?? [];
  if (!host || !scope || !started) return undefined;
  return { host, scope, pid: Number(pid), started };
}

function refuse(folder: string, { pid, host }: Holder, path: string): never {
  throw new EvensrError(
    'E_LOCKED',
    exitCodes.folderInUse,
    `another run holds ${folder} (process ${pid} on ${host})`,
    { hint: `wait for it or stop it; if that process is surely gone, remove ${path}` },
  );
}

function diskError(folder: string, cause: unknown): EvensrError {
  return new EvensrError(
    'E_DISK',
    exitCodes.disk,
    `cannot write to ${folder}: ${(cause as Error).message}`,
    { hint: 'choose another folder with --output', cause },
  );
}

function fail(folder: string, reason: string): never {
  throw new EvensrError('E_LOCKED', exitCodes.folderInUse, `cannot lock ${folder}: ${reason}`);
}
