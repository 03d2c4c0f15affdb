import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

const newline = 10;

/** Length of what whole lines take; a kill may have torn the last one. */
function lengthOfLines(descriptor: number): number {
  const { size } = fstatSync(descriptor);
  const byte = Buffer.alloc(1);
  for (let length = size; length > 0; length--) {
    readSync(descriptor, byte, 0, 1, length - 1);
    if (byte[0] === newline) return length;
  }
  return 0;
}

/**
 * Appends one line to a file that other processes may have begun. A torn last line is cut off first,
 * and a line that does not fit on the disk is taken back: the file only ever holds whole lines.
 * Throws what the file system throws.
 */
export function appendLine(file: string, line: string): void {
  const descriptor = openSync(file, 'a+');
  try {
    const length = lengthOfLines(descriptor);
    const bytes = Buffer.from(`${line}\n`);
    ftruncateSync(descriptor, length);
    try {
      for (let done = 0; done < bytes.length; ) {
        const count = writeSync(descriptor, bytes, done);
        if (count === 0) throw Object.assign(new Error('nothing written'), { code: 'ENOSPC' });
        done += count;
      }
    } catch (error) {
      ftruncateSync(descriptor, length);
      throw error;
    }
  } finally {
    closeSync(descriptor);
  }
}
