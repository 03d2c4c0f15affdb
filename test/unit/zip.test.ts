import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeZip, ZipReader } from '../../src/network/files/zip.ts';

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text));
const records = [
  { name: 'a/data.pkl', bytes: bytesOf('one') },
  { name: 'a/data/0', bytes: bytesOf('the second record') },
  { name: 'a/leer', bytes: bytesOf('') },
];
const written = Buffer.concat(encodeZip(records));
const directory = written.indexOf('PK\x01\x02');
const end = written.indexOf('PK\x05\x06');

/** The file with bytes at `at` replaced. */
function changed(at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(written);
  copy.set(bytes, at);
  return copy;
}

function readAll(bytes: Uint8Array): string[] {
  const zip = new ZipReader(bytes);
  return zip.names.map((name) => Buffer.from(zip.read(name)).toString());
}

describe('zip files', () => {
  it('are read back, with a comment behind them or without', () => {
    const texts = records.map(({ bytes }) => Buffer.from(bytes).toString());
    assert.deepEqual(readAll(written), texts);
    assert.deepEqual(new ZipReader(written).sizeOf('a/data/0'), 17);
    const comment = Buffer.concat([changed(end + 20, 3), Buffer.from('end')]);
    assert.deepEqual(readAll(comment), texts);
  });

  it('find any changed bit of a record', () => {
    const at = written.indexOf('the second record');
    for (let bit = 0; bit < 17 * 8; bit++) {
      const byte = at + (bit >> 3);
      const broken = changed(byte, (written[byte] as number) ^ (1 << (bit & 7)));
      assert.throws(() => readAll(broken), { message: /record a\/data\/0 is damaged \(crc\)/ });
    }
  });

  it('that two readers could read differently are refused', () => {
    const cases: [string, Uint8Array, RegExp][] = [
      ['cut off', written.subarray(0, written.length - 1), /cut off or no zip/],
      ['empty', new Uint8Array(0), /cut off or no zip/],
      ['several disks', changed(end + 4, 1), /a part of several/],
      ['too many records', changed(end + 10, 0xff, 0xff), /too many records/],
      ['directory outside', changed(end + 16, 0xff, 0xff, 0xff, 0x7f), /outside of the file/],
      ['more entries than there are', changed(end + 10, 4), /directory is damaged/],
      ['long name', changed(directory + 28, 0xff, 0xff), /directory is damaged/],
      ['record elsewhere', changed(directory + 42, 1), /not where the directory says/],
      ['record far away', changed(directory + 42, 0xff, 0xff, 0xff, 0xff), /not where/],
      ['long record', changed(directory + 20, 0xff, 0xff), /outside of the file/],
      ['overlap', changed(directory + 20, 100, 0, 0, 0, 100), /overlaps/],
      ['compressed', changed(directory + 10, 8), /data\.pkl is compressed/],
      ['encrypted', changed(directory + 8, 1), /data\.pkl is encrypted/],
      ['other sizes', changed(directory + 24, 9), /data\.pkl is compressed/],
      ['name of no text', changed(directory + 46, 0xff), /not UTF-8/],
    ];
    for (const [what, bytes, message] of cases)
      assert.throws(() => readAll(bytes), { code: 'E_MODEL_FORMAT', exitCode: 9, message }, what);
    const twice = Buffer.concat(encodeZip([...records, records[0] as (typeof records)[0]]));
    assert.throws(() => readAll(twice), { message: /record a\/data\.pkl twice/ });
    assert.throws(() => new ZipReader(written).read('absent'), { message: /no record absent/ });
  });
});
