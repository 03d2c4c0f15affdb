import type { Metadata } from 'sharp';
import type { ByteSource } from '../data/byte-source.ts';
import type { ImageFormat } from '../data/names.ts';
import type { PictureMetadata } from './picture.ts';
export function readMetadata(
  _bytes: ByteSource,
  _format: ImageFormat,
  _header: Metadata,
): { metadata: PictureMetadata; notes: string[] } {
  return { metadata: {}, notes: [] };
}
