/** What the batch needs of the reading and writing of pictures; see src/image. */
import type { PictureInfo, RowReader, RowWriter, WrittenFormat } from '../image/picture.ts';

/** The whole file, or where it lies. */
export type PictureSource = { bytes: Buffer } | { path: string };

export interface OpenPictureOptions {
  /** Of the file, for notes. */
  name: string;
  /** Bytes that the decoded picture may take; a larger one goes through `scratch`. */
  memory: number;
  scratch: string;
  maxPixels: number;
}

export interface CreatePictureOptions {
  name?: string;
  /** Bytes of pixels that are collected in memory; larger pictures go through `scratch`. */
  memory: number;
  scratch: string;
  quality?: number;
  strip?: boolean;
  provenance?: string;
}

export interface PictureFiles {
  probe(
    source: PictureSource,
    options: OpenPictureOptions,
  ): Promise<{ info: PictureInfo; notes: readonly string[]; decodedBytes: number }>;
  open(source: PictureSource, options: OpenPictureOptions): Promise<RowReader>;
  create(
    file: string,
    spec: PictureInfo & { format: WrittenFormat },
    options: CreatePictureOptions,
  ): Promise<RowWriter>;
}
