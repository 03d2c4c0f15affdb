/**
 * bzip2 without a library for it: dpkg-deb, which is there wherever Debian packages are, unpacks the
 * bzip2 stream of a package's files. So the stream is wrapped into a package (an `ar` archive, deb(5)).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const largestOutput = 256e6;

function member(name: string, data: Buffer): Buffer {
  const fields: [string | number, number][] = [
    [name, 16],
    [0, 12],
    [0, 6],
    [0, 6],
    ['100644', 8],
    [data.length, 10],
  ];
  const header = fields.map(([value, width]) => String(value).padEnd(width)).join('');
  return Buffer.concat([Buffer.from(`${header}\`\n`), data, Buffer.alloc(data.length % 2, '\n')]);
}

/** Throws when the bytes are no bzip2 stream. */
export async function bunzip(bytes: Buffer): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'evensr-'));
  try {
    const path = join(folder, 'stream.deb');
    const emptyTar = Buffer.alloc(1024);
    await writeFile(
      path,
      Buffer.concat([
        Buffer.from('!<arch>\n'),
        member('debian-binary', Buffer.from('2.0\n')),
        member('control.tar', emptyTar),
        member('data.tar.bz2', bytes),
      ]),
    );
    const { stdout } = await promisify(execFile)('dpkg-deb', ['--fsys-tarfile', path], {
      encoding: 'buffer',
      maxBuffer: largestOutput,
    });
    return stdout;
  } catch (cause) {
    throw new Error('dpkg-deb could not unpack the bzip2 stream', { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
