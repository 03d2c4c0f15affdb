import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

function home(): string {
  try {
    return homedir();
  } catch {
    return ''; // without $HOME, a user that the system does not know
  }
}

/**
 * A folder below evensr's cache: $XDG_CACHE_HOME/evensr, or ~/.cache/evensr. Without any home folder
 * it is below the temporary folder. (XDG Base Directory Specification: a relative value is ignored.)
 */
export function cacheFolder(...below: string[]): string {
  const asked = process.env.XDG_CACHE_HOME ?? '';
  const own = home();
  const base = isAbsolute(asked) ? asked : join(isAbsolute(own) ? own : tmpdir(), '.cache');
  return join(base, 'evensr', ...below);
}
