/** Pictures and folders for the tests of src/image. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type CreateOptions, createPicture, type PictureSpec } from '../src/image/create.ts';
import type { OpenOptions, PictureSource } from '../src/image/inspect.ts';
import { openPicture } from '../src/image/open.ts';
import type { PictureInfo, RowReader, Rows } from '../src/image/picture.ts';

/** A folder of the test's own with an empty scratch folder, removed afterwards. */
export function place(t: Pick<TestContext, 'after'>): {
  folder: string;
  scratch: string;
  path(name: string): string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-image-'));
  const scratch = mkdtempSync(join(tmpdir(), 'evensr-scratch-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
    rmSync(scratch, { recursive: true });
  });
  return { folder, scratch, path: (name) => join(folder, name) };
}

/** Numbers that no simple mistake leaves equal: every sample differs from its neighbours. */
export function samples(width: number, height: number, channels: number, depth: 8 | 16): Rows {
  const count = width * height * channels;
  const rows = depth === 8 ? new Uint8Array(count) : new Uint16Array(count);
  for (let at = 0; at < count; at++) rows[at] = Math.imul(at + 1, 0x9e3779b1) >>> (32 - depth);
  return rows;
}

/** All rows, asked for in unequal portions. */
export async function readAll(reader: RowReader): Promise<Rows> {
  const { width, height, channels, depth } = reader.info;
  const all =
    depth === 8
      ? new Uint8Array(width * height * channels)
      : new Uint16Array(width * height * channels);
  for (let row = 0, step = 1; row < height; step = (step % 7) + 1) {
    const count = Math.min(step, height - row);
    const rows = await reader.read(count);
    assert.equal(rows.length, count * width * channels);
    assert.equal(rows.constructor === Uint16Array, depth === 16);
    all.set(rows, row * width * channels);
    row += count;
  }
  return all;
}

export const openOptions = (scratch: string, more: Partial<OpenOptions> = {}): OpenOptions => ({
  name: 'picture',
  memory: 1e8,
  scratch,
  maxPixels: 1e8,
  ...more,
});

export interface ReadPicture {
  info: PictureInfo;
  notes: readonly string[];
  rows: Rows;
}

/** Opens, reads and closes; sees that nothing is left in `scratch`. */
export async function readPicture(
  source: PictureSource | Buffer,
  scratch: string,
  more: Partial<OpenOptions> = {},
): Promise<ReadPicture> {
  const from = Buffer.isBuffer(source) ? { bytes: source } : source;
  const reader = await openPicture(from, openOptions(scratch, more));
  const rows = await readAll(reader);
  await reader.close();
  assert.deepEqual(readdirSync(scratch), []);
  return { info: reader.info, notes: reader.notes, rows };
}

/** Writes in unequal portions; sees that nothing is left in `scratch`. Returns the file's bytes. */
export async function writePicture(
  path: string,
  spec: PictureSpec,
  rows: Rows,
  options: CreateOptions,
): Promise<Buffer> {
  const writer = await createPicture(path, spec, options);
  const rowSamples = spec.width * spec.channels;
  for (let row = 0, step = 3; row < spec.height; row += step, step = (step % 5) + 1)
    await writer.write(rows.subarray(row * rowSamples, (row + step) * rowSamples));
  const size = await writer.finish();
  const bytes = readFileSync(path);
  assert.equal(bytes.length, size);
  assert.deepEqual(readdirSync(options.scratch), []);
  return bytes;
}
