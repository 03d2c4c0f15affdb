import { isUtf8 } from 'node:buffer';

/** A file name as text: valid UTF-8 as it is, else every byte outside ASCII written as \xNN. */
export function textOfName(name: Buffer): string {
  if (isUtf8(name)) return name.toString('utf8');
  return Array.from(name, (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}

/** Lower-case ASCII extension without the dot; a name such as `.png` has none. */
export function extensionOf(name: string): string {
  const base = name.slice(name.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  return dot > 0 ? base.slice(dot + 1).toLowerCase() : '';
}

/** Container formats that are decoded, by the extensions that name them. */
export const formatOfExtension: ReadonlyMap<string, ImageFormat> = new Map([
  ['jpg', 'jpeg'],
  ['jpeg', 'jpeg'],
  ['jpe', 'jpeg'],
  ['jfif', 'jpeg'],
  ['png', 'png'],
  ['webp', 'webp'],
  ['tif', 'tiff'],
  ['tiff', 'tiff'],
  ['gif', 'gif'],
  ['avif', 'avif'],
]);

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff' | 'gif' | 'avif';

/** Extensions of pictures that are not decoded: they are left out, but never silently. */
export const otherPictures: ReadonlySet<string> = new Set(
  'bmp heic heif jxl jp2 j2k psd ppm pgm pnm exr hdr tga svg dng cr2 cr3 nef arw orf rw2 raf'.split(
    ' ',
  ),
);
