/** The orientation as the metadata say it, once the pixels are turned. */
import { changedExif } from './exif.ts';
import type { PictureMetadata } from './picture.ts';

/** XMP may repeat the orientation, as an attribute or an element. */
const inXmp = /tiff:Orientation(?:\s*=\s*["']\s*|\s*>\s*)([2-8])/g;

function uprightXmp(xmp: Buffer): Buffer {
  const upright = Buffer.from(xmp);
  for (const match of xmp.toString('latin1').matchAll(inXmp))
    upright.write('1', match.index + match[0].length - 1, 'latin1');
  return upright;
}

/** Metadata of pixels that are the right way up: what said otherwise says 1, everything else is kept. */
export function upright({ exif, xmp, ...rest }: PictureMetadata): PictureMetadata {
  const changed = exif && changedExif(exif, { orientation: 1 });
  return {
    ...rest,
    ...(changed ? { exif: changed } : {}),
    ...(xmp ? { xmp: uprightXmp(xmp) } : {}),
  };
}
