/** A picture as rows of pixels, with what else its file says. Whoever reads or writes pictures meets here. */

/** Formats that can be written. GIF, AVIF, HEIF and SVG never are; the batch writes PNG for them. */
export const writtenFormats = ['png', 'jpeg', 'webp', 'tiff'] as const;
export type WrittenFormat = (typeof writtenFormats)[number];

/** Bytes as they stand in a file, without the marker, chunk name or compression around them. */
export interface PictureMetadata {
  /** An ICC profile that belongs to the pixels as they are read. */
  icc?: Buffer;
  /** A TIFF block ("II*\0…" or "MM\0*…"), without "Exif\0\0". */
  exif?: Buffer;
  /** An XMP packet. */
  xmp?: Buffer;
  /** Pixels per inch, horizontally and vertically the same. */
  density?: number;
}

export interface PictureInfo {
  /** Of the rows as they are read: after the orientation is applied, if it is. */
  width: number;
  height: number;
  /** Gray, gray and alpha, RGB, RGB and alpha. Alpha is not premultiplied. */
  channels: 1 | 2 | 3 | 4;
  /** Bits of a sample: Uint8Array or Uint16Array rows. */
  depth: 8 | 16;
  metadata: PictureMetadata;
}

/** One row after the other, HWC. 8 bits: Uint8Array; 16 bits: Uint16Array in the machine's byte order. */
export type Rows = Uint8Array | Uint16Array;

/** Reads a picture from top to bottom. */
export interface RowReader {
  readonly info: PictureInfo;
  /** What was changed on the way in and is worth saying: "CMYK converted to sRGB". */
  readonly notes: readonly string[];
  /** The next `count` rows, `count` x width x channels samples. Never asked for more than are left. */
  read(count: number): Promise<Rows>;
  /** Back to the first row. */
  rewind(): Promise<void>;
  /** Frees everything, at any time; nothing else may be called afterwards. */
  close(): Promise<void>;
}

/** Writes a picture once from top to bottom. */
export interface RowWriter {
  /** Any number of rows; resolves when more may come. */
  write(rows: Rows): Promise<void>;
  /** All rows are written: completes the file, durably. Returns its size in bytes. */
  finish(): Promise<number>;
  /** Gives up, at any time: nothing of the file is left. */
  discard(): Promise<void>;
}
