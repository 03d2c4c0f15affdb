import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * A folder below evensr's cache: $XDG_CACHE_HOME/evensr, or ~/.cache/evensr. Without any home folder
 * it is below the temporary folder. (XDG Base Directory Specification: a relative value is ignored.)
 */
export function cacheFolder(...below: string[]): string {
  const asked = process.env.XDG_CACHE_HOME ?? '';
  const home = homedir();
  const base = isAbsolute(asked) ? asked : join(isAbsolute(home) ? home : tmpdir(), '.cache');
  return join(base, 'evensr', ...below);
}
