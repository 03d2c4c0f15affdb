/** What is gathered while the metadata of a file is read. */
import type { PictureMetadata } from './picture.ts';

/** More than any profile, EXIF block or XMP packet has; what is larger is not kept. */
export const mostMetadataBytes = 16e6;

/** More parts than any honest file has before, between and behind its pixels. */
export const mostParts = 100_000;

export interface FoundMetadata {
  metadata: PictureMetadata;
  /** What was left out and why. */
  notes: string[];
}

/** Keeps the first of every kind; what is damaged or too large is noted and left out. */
export class Findings implements FoundMetadata {
  readonly metadata: PictureMetadata = {};
  readonly notes: string[] = [];

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  damaged(what: string): void {
    this.note(`damaged ${what} is not kept`);
  }

  /** A copy, so that the file's bytes can be freed; nothing stands for what could not be read. */
  keep(kind: 'icc' | 'exif' | 'xmp', value: Uint8Array | undefined): void {
    if (!value || value.length > mostMetadataBytes) this.damaged(kindNames[kind]);
    else this.metadata[kind] ??= Buffer.from(value);
  }

  /** Pixels per inch in both directions, kept when they are the same and possible. */
  density(horizontal: number, vertical: number): void {
    // PNG counts in metres: 150 per inch come back as 150.01.
    const whole = Math.round(horizontal);
    const isWhole = Math.abs(horizontal - whole) < 0.0128;
    const rounded = isWhole ? whole : Math.round(horizontal * 100) / 100;
    if (Math.abs(horizontal - vertical) > 0.01 * horizontal)
      this.note('the density of pixels that are not square is not kept');
    else if (rounded >= 1 && rounded < 1e6) this.metadata.density ??= rounded;
  }
}

export const kindNames = { icc: 'ICC profile', exif: 'EXIF', xmp: 'XMP' } as const;

const exifMark = Buffer.from('Exif\0\0', 'latin1');

/** Some writers put JPEG's mark before the block where the format wants none. */
export const withoutExifMark = (block: Buffer): Buffer =>
  block.subarray(0, exifMark.length).equals(exifMark) ? block.subarray(exifMark.length) : block;
