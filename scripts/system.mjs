// Commands and system packages, for the scripts beside this file.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export function has(command) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, command)));
}

/** Runs a command quietly; what it printed and why it failed, or nothing when it did not. */
export function problemOf(command, args, env = {}) {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  if (result.status === 0) return undefined;
  const reason = result.error?.message ?? `exit ${result.status}`;
  return `${result.stdout ?? ''}${result.stderr ?? ''}failed: ${command} ${args.join(' ')} (${reason})`;
}

const isRoot = () => process.getuid?.() === 0;

/** Whether packages can be installed without asking for a password. */
export function mayInstall() {
  if (!has('apt-get')) return false;
  return isRoot() || spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
}

export function installCommand(packages) {
  return `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** Installs Debian packages; why that failed, or nothing. */
export function installWithApt(packages) {
  const [command, ...words] = isRoot() ? ['env'] : ['sudo', 'env'];
  const apt = [...words, 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  return (
    problemOf(command, [...apt, 'update', '-qq']) ??
    problemOf(command, [...apt, 'install', '-y', '-qq', '--no-install-recommends', ...packages])
  );
}
