/**
 * Archives as WebDataset reads them: POSIX ustar, plain files only. Owner, time and mode are fixed, so the
 * bytes depend on names and contents alone.
 */
import { EvensrError, exitCodes } from '../errors.ts';

const blockSize = 512;
/** An archive ends in two empty blocks and fills a record of twenty. */
const recordSize = 20 * blockSize;
const longestName = 100;
/** What eleven octal digits hold. */
const largestFile = 8 ** 11 - 1;

/** Zeros up to the next whole block. */
const padding = (bytes: number, block: number): number => (block - (bytes % block)) % block;

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  };
  block.write(name, 0, 'latin1');
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/**
 * A file of an archive: header, content, zeros to a whole block. Throws E_TAR for a name that is not ASCII,
 * is empty or longer than 100 characters, and for more than 8 GiB.
 */
export function tarEntry(name: string, content: Uint8Array): Uint8Array[] {
  if (!/^[\x21-\x7e]+$/.test(name) || name.length > longestName || content.length > largestFile) {
    const problem = `${name} (${content.length} bytes) does not fit into a ustar archive`;
    throw new EvensrError('E_TAR', exitCodes.bug, problem);
  }
  return [header(name, content.length), content, Buffer.alloc(padding(content.length, blockSize))];
}

/** What follows the files of an archive, which take so many bytes with their headers. */
export function tarEnd(bytes: number): Uint8Array {
  const end = 2 * blockSize;
  return Buffer.alloc(end + padding(bytes + end, recordSize));
}
