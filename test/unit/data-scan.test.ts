import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultMaxImageBytes } from '../../src/data/decode.ts';
import { RefusedImage } from '../../src/data/problem.ts';
import { readPhoto as read } from '../../src/data/read.ts';
import { type FoundPhoto, scanPhotos } from '../../src/data/scan.ts';
import { EvensrError } from '../../src/errors.ts';
import { makeFifo, png, temporaryFolder } from '../data-corpus.ts';

const readPhoto = (photo: FoundPhoto) => read(photo, defaultMaxImageBytes);
const names = (photos: FoundPhoto[]) => photos.map((photo) => photo.name);

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'none',
    (error) => {
      assert.ok(error instanceof RefusedImage || error instanceof EvensrError, String(error));
      return error.code;
    },
  );
}

async function only(folder: string): Promise<FoundPhoto> {
  const [photo] = (await scanPhotos(folder)).photos;
  assert.ok(photo);
  return photo;
}

describe('scanning for photographs', () => {
  it('lists all levels in the order of the bytes of the names', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'b/c'), { recursive: true });
    for (const name of ['b/c/1.png', 'b.png', 'B.jpg', 'a.webp', 'é.png', 'b/10.png', 'b/9.png'])
      writeFileSync(join(folder, name), 'x');
    for (const name of ['notes.md', 'b/x.PNG.txt']) writeFileSync(join(folder, name), 'x');
    const scan = await scanPhotos(folder);
    assert.deepEqual(names(scan.photos), [
      'B.jpg',
      'a.webp',
      'b.png',
      'b/10.png',
      'b/9.png',
      'b/c/1.png',
      'é.png',
    ]);
    assert.equal(scan.ignored, 2);
  });

  it('reads files whose names are odd, also when they are no UTF-8', async (t) => {
    const folder = temporaryFolder(t);
    const raw = Buffer.from([0xff, 0xfe, 0x20, 0x0a, 0xe9]);
    const odd = Buffer.concat([Buffer.from(`${folder}/`), raw, Buffer.from('.png')]);
    writeFileSync(odd, 'odd');
    writeFileSync(join(folder, ' two  words\n.png'), 'lines');
    writeFileSync(join(folder, `${'l'.repeat(251)}.png`), 'long');
    const { photos } = await scanPhotos(folder);
    assert.deepEqual(names(photos), [
      ' two  words\n.png',
      `${'l'.repeat(251)}.png`,
      '\\xff\\xfe \n\\xe9.png',
    ]);
    const contents = await Promise.all(photos.map(readPhoto));
    assert.deepEqual(contents.map(String), ['lines', 'long', 'odd']);
  });

  it('names what is no file and waits for nothing', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'folder.png'));
    symlinkSync('nowhere.png', join(folder, 'dangling.png'));
    symlinkSync('loop.png', join(folder, 'loop.png'));
    symlinkSync('/dev/zero', join(folder, 'device.png'));
    writeFileSync(join(folder, 'real.png'), 'x');
    symlinkSync('real.png', join(folder, 'link.png'));
    const hasFifo = makeFifo(join(folder, 'fifo.png'));
    const server = createServer().listen(join(folder, 'socket.png'));
    t.after(() => server.close());
    await once(server, 'listening');
    const { photos, problems } = await scanPhotos(folder);
    assert.deepEqual(names(photos), ['link.png', 'real.png']);
    const expected = 'dangling device fifo folder loop socket'.split(' ').map((n) => `${n}.png`);
    assert.deepEqual(
      problems.map((problem) => problem.name),
      expected.filter((name) => hasFifo || name !== 'fifo.png'),
    );
    assert.ok(problems.every((problem) => problem.code === 'E_NOT_A_FILE'));
  });

  it('reads a folder once that links lead to again', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'a/1.png'), 'x');
    symlinkSync('..', join(folder, 'a/up'));
    symlinkSync('a', join(folder, 'b'));
    const { photos, problems, warnings } = await scanPhotos(folder);
    assert.deepEqual(names(photos), ['a/1.png']);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      warnings.map(({ code, names }) => [code, names]),
      [['W_LINK_LOOP', ['a/up', 'b']]],
    );
  });

  it('says which pictures are in a format that is not read', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'a.png'), 'x');
    writeFileSync(join(folder, 'b.heic'), 'x');
    const { warnings } = await scanPhotos(folder);
    assert.deepEqual(
      warnings.map(({ code, names }) => [code, names]),
      [['W_IMG_IGNORED', ['b.heic']]],
    );
  });

  it('takes glob patterns, single files and lists', async (t) => {
    const folder = temporaryFolder(t);
    for (const name of ['1.png', '2.png', '3.jpg']) writeFileSync(join(folder, name), 'x');
    const found = async (source: string) =>
      (await scanPhotos(source)).photos.map((photo) => photo.path.toString().slice(folder.length));
    assert.deepEqual(await found(`${folder}/*.png`), ['/1.png', '/2.png']);
    assert.deepEqual(await found(`${folder}/3.jpg`), ['/3.jpg']);
    writeFileSync(join(folder, 'list.txt'), '2.png\n\n1.png\n');
    assert.deepEqual(await found(`${folder}/list.txt`), ['/1.png', '/2.png']);
  });

  it('takes lists with a byte order mark, CRLF, and names that are no UTF-8', async (t) => {
    const folder = temporaryFolder(t);
    const odd = Buffer.from('\xff \xe9.png', 'latin1');
    writeFileSync(join(folder, '1.png'), 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), odd]), 'odd');
    const list = join(folder, 'list.txt');
    writeFileSync(list, Buffer.concat([Buffer.from('\ufeff1.png\r\n'), odd, Buffer.from('\r\n')]));
    const { photos } = await scanPhotos(list);
    assert.deepEqual(names(photos), ['1.png', '\\xff \\xe9.png']);
    assert.equal((await readPhoto(photos[1] as FoundPhoto)).toString(), 'odd');
  });

  it('stops when the source or a line of the list is not there', async (t) => {
    const folder = temporaryFolder(t);
    await assert.rejects(scanPhotos(join(folder, 'none')), { code: 'E_DATA_MISSING', exitCode: 3 });
    writeFileSync(join(folder, '1.png'), 'x');
    writeFileSync(join(folder, 'list.txt'), '1.png\ngone.png\n');
    await assert.rejects(scanPhotos(join(folder, 'list.txt')), {
      code: 'E_DATA_MISSING',
      message: /^line 2 of .*list\.txt .*: gone\.png$/,
    });
  });
});

describe('reading a photograph', () => {
  it('refuses a file that changed, vanished or became a FIFO since the scan', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'a.png');
    writeFileSync(path, 'first');
    const photo = await only(folder);
    assert.equal((await readPhoto(photo)).toString(), 'first');
    writeFileSync(path, 'other');
    assert.equal(await codeOf(readPhoto(photo)), 'E_CHANGED');
    const touched = await only(folder);
    utimesSync(path, 1, 1);
    assert.equal(await codeOf(readPhoto(touched)), 'E_CHANGED');
    await rm(path);
    assert.equal(await codeOf(readPhoto(photo)), 'E_VANISHED');
    if (makeFifo(path)) assert.equal(await codeOf(readPhoto(photo)), 'E_NOT_A_FILE');
  });

  it('refuses a file that is larger than its pixels may be, without reading it', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'a.png');
    writeFileSync(path, 'x');
    truncateSync(path, 3.9e9); // takes no space on the disk
    const photo = await only(folder);
    await assert.rejects(readPhoto(photo), {
      code: 'E_LIMIT',
      message: 'a file of 3900 MB, pixels of 256 MB (--max-image-mb)',
    });
    // No limit can allow what Node cannot read at once.
    assert.equal(await codeOf(read(photo, 1e12)), 'E_LIMIT');
  });

  it('refuses an empty file', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'a.png'), '');
    assert.equal(await codeOf(readPhoto(await only(folder))), 'E_IMG_EMPTY');
  });

  it('refuses a file without permission', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'a.png'), await png(1));
    chmodSync(join(folder, 'a.png'), 0);
    if (process.getuid?.() !== 0) {
      assert.equal(await codeOf(readPhoto(await only(folder))), 'E_IMG_READ');
      return;
    }
    // Permissions do not hold root back, so another user has to try.
    chmodSync(folder, 0o755);
    const check = new URL('../../src/data/check.js', import.meta.url);
    const program = `import(${JSON.stringify(check.href)}).then(async ({ checkPhotos }) =>
      console.log((await checkPhotos({ images: ${JSON.stringify(folder)} })).problems[0].code))`;
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
    const child = spawnSync('setpriv', [...nobody, '-e', program], { encoding: 'utf8', cwd: '/' });
    const cannotRead = /EACCES|MODULE_NOT_FOUND/.test(child.stderr ?? '');
    if (child.error || cannotRead)
      return t.skip(`no other user can run ${fileURLToPath(check)} here`);
    assert.equal(child.stdout.trim(), 'E_IMG_READ', child.stderr);
  });
});
