import type { PictureMetadata } from './picture.ts';
export function withOrientation(found: PictureMetadata): PictureMetadata {
  return found;
}
