/** Metadata around encoded pixels. */
import type { ByteSource } from '../data/byte-source.ts';
import { changedExif } from './exif.ts';
import { profileFits } from './icc.ts';
import { jpegWith, mostExifInJpeg, mostXmpInJpeg } from './jpeg-segments.ts';
import type { PictureInfo, PictureMetadata, WrittenFormat } from './picture.ts';
import { pngWith } from './png-chunks.ts';
import { densityBlock, tiffWith } from './tiff-metadata.ts';
import { webpWith } from './webp-chunks.ts';

/** New bytes, or a part of the encoded file. */
export type Piece = Uint8Array | { at: number; count: number };

export interface Wrapping {
  metadata: PictureMetadata;
  provenance?: string;
  /** What the format cannot hold. */
  notes: string[];
}

type Spec = PictureInfo & { format: WrittenFormat };

function fittingProfile({ metadata, format, channels }: Spec, notes: string[]): PictureMetadata {
  const { icc } = metadata;
  if (!icc) return {};
  // WebP has no gray, its pixels are RGB.
  if (profileFits(icc, format === 'webp' ? 3 : channels)) return { icc };
  notes.push(
    format === 'webp' && channels < 3
      ? 'WebP has no gray: the gray ICC profile is not kept'
      : 'the ICC profile is of another colour space and is not kept',
  );
  return {};
}

function fittingExif({ metadata, format, width, height }: Spec, notes: string[]): PictureMetadata {
  const { exif, density } = metadata;
  if (!exif) return format === 'webp' && density ? { exif: densityBlock(density) } : {};
  const changed = changedExif(exif, { width, height });
  const isHeld = changed && !(format === 'jpeg' && changed.length > mostExifInJpeg);
  if (isHeld) return { exif: changed };
  notes.push(changed ? 'EXIF is too large for JPEG and is not kept' : 'damaged EXIF is not kept');
  return {};
}

function fittingXmp({ metadata: { xmp }, format }: Spec, notes: string[]): PictureMetadata {
  if (!xmp) return {};
  if (format !== 'jpeg' || xmp.length <= mostXmpInJpeg) return { xmp };
  notes.push('XMP is too large for JPEG and is not kept');
  return {};
}

/**
 * What is written beside the pixels. EXIF says the new size. `strip`: no EXIF, XMP or provenance; the
 * ICC profile stays, without which the colours would change, and so does the density.
 */
export function wrapping(
  spec: Spec,
  { strip = false, provenance }: { strip?: boolean | undefined; provenance?: string | undefined },
): Wrapping {
  const notes: string[] = [];
  const { density } = spec.metadata;
  const metadata = {
    ...fittingProfile(spec, notes),
    ...(density === undefined ? {} : { density }),
    ...(strip ? {} : { ...fittingExif(spec, notes), ...fittingXmp(spec, notes) }),
  };
  return { metadata, notes, ...(strip || !provenance ? {} : { provenance }) };
}

/** The file in the order of its bytes: encoded pixels with what belongs around them. */
export function wrapped(
  source: ByteSource,
  spec: Spec,
  { metadata, provenance }: Wrapping,
): Piece[] {
  switch (spec.format) {
    case 'png':
      return pngWith(source, metadata, provenance);
    case 'jpeg':
      return jpegWith(source, metadata, provenance);
    case 'webp':
      return webpWith(source, spec, metadata);
    case 'tiff':
      return tiffWith(source, metadata);
  }
}
