/** Metadata of any format that is read. */
import type { Metadata } from 'sharp';
import type { ByteSource } from '../data/byte-source.ts';
import type { ImageFormat } from '../data/names.ts';
import { withoutThumbnail } from './exif.ts';
import { Findings, type FoundMetadata, withoutExifMark } from './findings.ts';
import { readJpeg } from './jpeg-segments.ts';
import { readPng } from './png-chunks.ts';
import { exifDensity, readTiff } from './tiff-metadata.ts';
import { readWebp } from './webp-chunks.ts';

/** GIF and AVIF: what the decoder found in their headers. */
function readHeader({ icc, exif, xmp }: Metadata): Findings {
  const found = new Findings();
  if (icc) found.keep('icc', icc);
  if (exif) found.keep('exif', withoutExifMark(exif));
  if (xmp) found.keep('xmp', xmp);
  return found;
}

function findings(source: ByteSource, format: ImageFormat, header: Metadata): Findings {
  switch (format) {
    case 'png':
      return readPng(source);
    case 'jpeg':
      return readJpeg(source);
    case 'webp':
      return readWebp(source);
    case 'tiff':
      return readTiff(source);
    default:
      return readHeader(header);
  }
}

/**
 * ICC, EXIF without its thumbnail, XMP and density of a file whose format and header are known. What is
 * damaged, too large or not kept is in the notes; nothing is thrown for what the file holds.
 */
export function readMetadata(
  source: ByteSource,
  format: ImageFormat,
  header: Metadata,
): FoundMetadata {
  const found = findings(source, format, header);
  const { exif, ...rest } = found.metadata;
  if (!exif) return found;
  const clean = withoutThumbnail(exif);
  if (!clean) {
    found.damaged('EXIF');
    return { metadata: rest, notes: found.notes };
  }
  if (found.metadata.density === undefined) exifDensity(found, clean);
  return { metadata: { ...found.metadata, exif: clean }, notes: found.notes };
}
