import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { defaultMaxImageBytes } from '../../src/data/decode.ts';
import { packPhotos } from '../../src/data/pack.ts';
import { damagedImages, packKey, readIndex } from '../../src/data/pack-index.ts';
import { png } from '../data-corpus.ts';
import { packCounting, withPngs } from '../data-place.ts';

describe('pack under bad circumstances', () => {
  const program = new URL('../../src/data/pack.js', import.meta.url).href;

  it('leaves the pack before whole when it is killed, at any image', async (t) => {
    const where = await withPngs(t, 4);
    await packPhotos(where);
    const key = packKey([where.images], defaultMaxImageBytes);
    for (let round = 1; round <= 4; round++) {
      writeFileSync(join(where.images, '0.png'), await png(100 + round));
      const code = `import(${JSON.stringify(program)}).then(({ packPhotos }) => packPhotos({
        ...${JSON.stringify(where)},
        onProgress: ({ done }) => done === ${round} && process.kill(process.pid, 'SIGKILL') }))`;
      const child = spawn(process.execPath, ['-e', code], { stdio: 'inherit' });
      const [, signal] = await once(child, 'exit');
      assert.equal(signal, 'SIGKILL');
      const index = await readIndex(where.packDir, key);
      assert.ok(index, 'the index before is still there');
      assert.deepEqual(await damagedImages(where.packDir, index), []);
    }
    const { images, path } = await packPhotos(where);
    assert.equal(images.length, 4);
    assert.deepEqual(readdirSync(where.packDir).sort(), [`${key}.json`, basename(path)].sort());
  });

  it('is built once when two ask for it at the same time', async (t) => {
    const where = await withPngs(t, 3);
    const both = await Promise.all([packCounting(where), packCounting(where)]);
    assert.deepEqual(both.map(({ looked }) => looked).sort(), [0, 3]);
    assert.deepEqual(both[0]?.packed.images, both[1]?.packed.images);
  });

  it('reports a full disk and keeps the pack before', async (t) => {
    const where = await withPngs(t, 2);
    mkdirSync(where.packDir);
    const large = join(where.images, 'large.png');
    const aside = join(where.images, '../large.png');
    writeFileSync(aside, await png(3, 300, 300));
    const code = `(async () => {
      const { packPhotos } = await import(${JSON.stringify(program)});
      const { copyFileSync, readdirSync, rmSync } = require('node:fs');
      const { images, packDir } = ${JSON.stringify(where)};
      const first = await packPhotos({ images, packDir });
      const before = readdirSync(packDir);
      copyFileSync(${JSON.stringify(aside)}, ${JSON.stringify(large)});
      const error = await packPhotos({ images, packDir }).catch((e) => e);
      const after = readdirSync(packDir);
      rmSync(${JSON.stringify(large)});
      const again = await packPhotos({ images, packDir });
      const { code, exitCode, message } = error;
      const same = again.reused && again.path === first.path;
      console.log(JSON.stringify({ code, exitCode, message, before, after, same }));
    })()`;
    // In a namespace of its own the small file system goes away with the process, whatever happens.
    const script = 'mount -t tmpfs -o size=100k none "$1" || exit 77; exec "$2" -e "$3"';
    const notPermitted = 77;
    const args = ['--mount', 'sh', '-c', script, 'sh', where.packDir, process.execPath, code];
    const child = spawnSync('unshare', args, { encoding: 'utf8' });
    if (child.error !== undefined || child.status === notPermitted || /^unshare/.test(child.stderr))
      return t.skip('no permission to mount a small file system');
    const { message, before, after, ...rest } = JSON.parse(child.stdout || child.stderr);
    assert.deepEqual(rest, { code: 'E_DISK', exitCode: 5, same: true });
    assert.match(message, /the disk is full/);
    assert.deepEqual(after, before);
  });

  it('stops at an abort signal', async (t) => {
    const where = await withPngs(t, 3);
    const controller = new AbortController();
    const work = packPhotos({
      ...where,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await assert.rejects(work, { name: 'AbortError' });
    assert.deepEqual(readdirSync(where.packDir), []);
  });
});
