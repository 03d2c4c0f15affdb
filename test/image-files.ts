/** Picture files with metadata, put together byte by byte and without the code under test. */
import { deflateSync } from 'node:zlib';
import { crc32 } from '@node-rs/crc32';
import sharp from 'sharp';

type Value = string | Buffer | { short: number } | { long: number } | { rationals: number[] };

/** Numbers in one byte order. */
class Order {
  readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  short(value: number): Buffer {
    const bytes = Buffer.alloc(2);
    this.little ? bytes.writeUInt16LE(value) : bytes.writeUInt16BE(value);
    return bytes;
  }

  long(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    this.little ? bytes.writeUInt32LE(value) : bytes.writeUInt32BE(value);
    return bytes;
  }

  /** Type, count and bytes of a value. */
  value(value: Value): [number, number, Buffer] {
    if (typeof value === 'string')
      return [2, value.length + 1, Buffer.from(`${value}\0`, 'latin1')];
    if (Buffer.isBuffer(value)) return [7, value.length, value];
    if ('short' in value) return [3, 1, this.short(value.short)];
    if ('long' in value) return [4, 1, this.long(value.long)];
    const numbers = value.rationals.flatMap((number) => [this.long(number), this.long(100)]);
    return [5, value.rationals.length, Buffer.concat(numbers)];
  }

  /** A directory at `at` with its values behind it. */
  directory(at: number, entries: [number, Value][], next = 0): Buffer {
    const head = [this.short(entries.length)];
    const values: Buffer[] = [];
    let end = at + 2 + 12 * entries.length + 4;
    for (const [tag, value] of entries) {
      const [type, count, bytes] = this.value(value);
      head.push(this.short(tag), this.short(type), this.long(count));
      if (bytes.length <= 4) head.push(bytes, Buffer.alloc(4 - bytes.length));
      else {
        head.push(this.long(end));
        const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
        values.push(padded);
        end += padded.length;
      }
    }
    return Buffer.concat([...head, this.long(next), ...values]);
  }
}

export const thumbnailBytes = Buffer.from(`\xff\xd8${'THUMBNAIL'.repeat(9)}\xff\xd9`, 'latin1');
export const makerNote = Buffer.from('Maker\0note of 29 odd bytes \x01\x02', 'latin1');

/** An EXIF block as a camera writes it: two directories below the main one, and a thumbnail at the end. */
export function cameraExif(
  orientation: number,
  { little = true, width = 24, height = 16 } = {},
): Buffer {
  const order = new Order(little);
  const start = Buffer.from(little ? 'II*\0\x08\0\0\0' : 'MM\0*\0\0\0\x08', 'latin1');
  const main = (exif: number, gps: number, thumbnail: number) =>
    order.directory(
      8,
      [
        [271, 'Evens'],
        [272, 'Camera model 7'],
        [274, { short: orientation }],
        [282, { rationals: [30000] }],
        [283, { rationals: [30000] }],
        [296, { short: 2 }],
        [306, '2026:11:24 16:00:00'],
        [34665, { long: exif }],
        [34853, { long: gps }],
      ],
      thumbnail,
    );
  const exifAt = 8 + main(0, 0, 0).length;
  const exif = order.directory(exifAt, [
    [33434, { rationals: [2] }],
    [36867, '2026:11:24 16:00:00'],
    [37500, makerNote],
    [40962, { short: width }],
    [40963, { short: height }],
  ]);
  const gpsAt = exifAt + exif.length;
  const gps = order.directory(gpsAt, [
    [1, 'N'],
    [2, { rationals: [5200, 3100, 1234] }],
  ]);
  const thumbnailAt = gpsAt + gps.length;
  const thumbnail = (pixelsAt: number) =>
    order.directory(thumbnailAt, [
      [259, { short: 6 }],
      [513, { long: pixelsAt }],
      [514, { long: thumbnailBytes.length }],
    ]);
  const pixelsAt = thumbnailAt + thumbnail(0).length;
  const directories = [main(exifAt, gpsAt, thumbnailAt), exif, gps, thumbnail(pixelsAt)];
  return Buffer.concat([start, ...directories, thumbnailBytes]);
}

/** An XMP packet that repeats the orientation. */
export const xmpPacket = (orientation: number) =>
  Buffer.from(
    `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="${orientation}" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="Größe"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`,
  );

const profiles = new Map<string, Promise<Buffer>>();

/** The bytes of one of libvips' own profiles. */
export function profile(name: 'p3' | 'cmyk' | 'gray'): Promise<Buffer> {
  const make = async () => {
    if (name === 'gray') return grayProfile(await profile('p3'));
    const image = sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } });
    const tagged = image
      .toColourspace(name === 'cmyk' ? 'cmyk' : 'srgb')
      .withIccProfile(name)
      .jpeg();
    return (await sharp(await tagged.toBuffer()).metadata()).icc as Buffer;
  };
  const found = profiles.get(name) ?? make();
  profiles.set(name, found);
  return found;
}

/** Enough of a gray profile to be told from an RGB one. */
function grayProfile(rgb: Buffer): Buffer {
  const gray = Buffer.from(rgb);
  gray.write('GRAY', 16, 'latin1');
  return gray;
}

const segment = (marker: number, data: Buffer) => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
};

export interface Parts {
  icc?: Buffer;
  exif?: Buffer;
  xmp?: Buffer;
}

/** A JPEG with metadata behind its first bytes. The profile comes in parts, the last one first. */
export function jpegWithParts(jpeg: Buffer, { icc, exif, xmp }: Parts, iccPart = 200): Buffer {
  const count = icc ? Math.ceil(icc.length / iccPart) : 0;
  const part = (index: number) =>
    segment(
      0xe2,
      Buffer.concat([
        Buffer.from('ICC_PROFILE\0', 'latin1'),
        Buffer.from([index + 1, count]),
        (icc as Buffer).subarray(index * iccPart, (index + 1) * iccPart),
      ]),
    );
  return Buffer.concat([
    jpeg.subarray(0, 2),
    ...(exif ? [segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif]))] : []),
    ...(xmp
      ? [
          segment(
            0xe1,
            Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1'), xmp]),
          ),
        ]
      : []),
    ...Array.from({ length: count }, (_, index) => part(count - 1 - index)),
    jpeg.subarray(2),
  ]);
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** A PNG of any bit depth and colour type, its scan lines given with their filter bytes. */
export function rawPng(
  { width, height, depth, type }: { width: number; height: number; depth: number; type: number },
  lines: Buffer,
  chunks: Buffer[] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = type;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    ...chunks,
    pngChunk('IDAT', deflateSync(lines)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}
