/** What a picture's file says about itself, before anything of the picture's size is allocated. */
import type { Metadata } from 'sharp';
import { type ByteSource, FileSource, sourceOf } from '../data/byte-source.ts';
import { decoderFailure, recognise } from '../data/container.ts';
import { largestImageBytes } from '../data/decode.ts';
import { extensionOf, formatOfExtension, type ImageFormat } from '../data/names.ts';
import { RefusedImage } from '../data/problem.ts';
import { checkMemory } from './formats.ts';
import { profileFits } from './icc.ts';
import { readMetadata } from './metadata.ts';
import { upright } from './orientation.ts';
import type { PictureInfo, PictureMetadata } from './picture.ts';
import { type ColourSpace, spaceOf } from './spaces.ts';
import { tiffCompression } from './tiff-metadata.ts';

/** The whole file, or where it lies (also below /proc/self/fd). */
export type PictureSource = { bytes: Buffer } | { path: string };

export interface OpenOptions {
  /** Of the file, for the note that its extension is wrong. */
  name: string;
  /**
   * Bytes that the decoded picture may take; a larger one is read in strips from `scratch`. Where the
   * decoder must hold the picture too (interlaced PNG, progressive JPEG, WebP, GIF, AVIF), it and the
   * picture may take four times as much together, or 64 MB; what needs more is refused.
   */
  memory: number;
  /** An existing folder for temporary files. */
  scratch: string;
  maxPixels: number;
}

/** How the decoder's pixels become the rows that are read. */
export interface DecodePlan {
  /** The target of sharp's toColourspace. */
  space: ColourSpace;
  /** CMYK or Lab: the numbers go through the profile. Everything else keeps its numbers. */
  convert: boolean;
  /** The pixels are turned as the orientation says. */
  turn: boolean;
  /** What of the decoder's complaints refuses the picture. */
  failOn: 'warning' | 'error';
  /** Decoded into one buffer; otherwise through a temporary file, in strips. */
  whole: boolean;
}

export interface PictureProbe {
  format: ImageFormat;
  info: PictureInfo;
  notes: string[];
  decodedBytes: number;
  plan: DecodePlan;
}

/** Opens the file for reading headers; `close` where it has one. */
export function byteSource(source: PictureSource): ByteSource & { close?(): void } {
  return 'bytes' in source ? sourceOf(source.bytes) : new FileSource(source.path);
}

export const sharpInput = (source: PictureSource) =>
  'bytes' in source ? source.bytes : source.path;

const sharpFormatOf = (format: ImageFormat) => (format === 'avif' ? 'heif' : format);

const million = (value: number) =>
  (value / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 });

function checkSize({ width, height }: Metadata, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new RefusedImage(
    'E_LIMIT',
    `${width}x${height} = ${million(width * height)} megapixels > ${million(maxPixels)}`,
  );
}

const colourSpaces = new Set(['srgb', 'rgb', 'rgb16']);
const graySpaces = new Set(['b-w', 'grey16']);
const convertedSpaces = new Map([
  ['cmyk', 'CMYK'],
  ['lab', 'Lab'],
  ['labs', 'Lab'],
]);

interface Samples {
  channels: 1 | 2 | 3 | 4;
  depth: 8 | 16;
  /** The name of the colour space that is converted to sRGB. */
  converted: string | undefined;
}

function samplesOf({ space, depth, channels, hasAlpha }: Metadata): Samples {
  const converted = convertedSpaces.get(space);
  const isGray = graySpaces.has(space);
  if (!converted && depth !== 'uchar' && depth !== 'ushort')
    throw new RefusedImage('E_IMG_FORMAT', `samples of type ${depth} (8 or 16 bits needed)`);
  if (!converted && !isGray && !colourSpaces.has(space))
    throw new RefusedImage('E_IMG_FORMAT', `colour space ${space} (gray, RGB, CMYK or Lab needed)`);
  const alpha = hasAlpha ? 1 : 0;
  const colours = isGray ? 1 : space === 'cmyk' ? 4 : 3;
  if (channels !== colours + alpha)
    throw new RefusedImage('E_IMG_FORMAT', `${channels} channels (gray or RGB with alpha needed)`);
  return {
    channels: ((isGray ? 1 : 3) + alpha) as Samples['channels'],
    depth: depth === 'ushort' && !converted ? 16 : 8,
    converted,
  };
}

function notesOf(header: Metadata, format: ImageFormat, name: string): string[] {
  const notes: string[] = [];
  const named = formatOfExtension.get(extensionOf(name));
  if (named && named !== format) notes.push(`the content is ${format}, the name says ${named}`);
  const converted = convertedSpaces.get(header.space);
  if (converted === 'CMYK' && !header.hasProfile)
    notes.push('CMYK without a profile converted to sRGB through a common one');
  else if (converted) notes.push(`${converted} converted to sRGB`);
  const pages = header.pages ?? 1;
  if (pages > 1) notes.push(`only the first of ${pages} frames or pages is read`);
  if (header.gainMap) notes.push('HDR gain map is not kept');
  return notes;
}

/** Bytes a pixel that decoders take which cannot go row by row, measured at 25 megapixels. */
const decoderBytesPerPixel = { webp: 9, gif: 5, avif: 20 };

/** What the decoder takes beside the rows it gives, where that grows with the picture; an upper estimate. */
function decoderBytes(header: Metadata, format: ImageFormat, { channels, depth }: Samples): number {
  const pixels = header.width * header.height;
  switch (format) {
    case 'png':
      return header.isProgressive ? pixels * channels * (depth / 8) : 0;
    case 'jpeg':
      // All coefficients, of two bytes each.
      return header.isProgressive ? pixels * header.channels * 2 : 0;
    case 'avif':
      return pixels * decoderBytesPerPixel.avif * (depth / 8);
    case 'tiff':
      return 0;
    default:
      return pixels * decoderBytesPerPixel[format];
  }
}

/** The metadata that fits the pixels as they are read; what does not is noted. */
function fitting(
  found: PictureMetadata,
  samples: Samples,
  turned: boolean,
  notes: string[],
): PictureMetadata {
  const { icc, ...rest } = turned ? upright(found) : found;
  if (!icc || samples.converted) return rest;
  if (profileFits(icc, samples.channels)) return { ...rest, icc };
  notes.push('the ICC profile is of another colour space and is not kept');
  return rest;
}

/** TIFF compressions whose damage is an error of the decoder: none, LZW, Deflate (two numbers), Zstandard. */
const strictCompressions = new Set([1, 5, 8, 32946, 50000]);

/**
 * A warning means damaged pixels, except in TIFF, whose decoder also warns of tags that have nothing to
 * do with them.
 */
const failOnOf = (format: ImageFormat, bytes: ByteSource): DecodePlan['failOn'] =>
  format === 'tiff' && strictCompressions.has(tiffCompression(bytes)) ? 'error' : 'warning';

async function headerOf(
  source: PictureSource,
  bytes: ByteSource,
  format: ImageFormat,
): Promise<Metadata> {
  // Loaded when the first image is decoded: commands that decode none start faster.
  const { default: sharp } = await import('sharp');
  try {
    return await sharp(sharpInput(source), {
      limitInputPixels: false,
      failOn: format === 'tiff' ? 'error' : 'warning',
    }).metadata();
  } catch (error) {
    throw decoderFailure(error, bytes);
  }
}

/** `probePicture` for a file that is open already. */
export async function inspect(
  source: PictureSource,
  bytes: ByteSource,
  options: OpenOptions,
): Promise<PictureProbe> {
  const format = recognise(bytes);
  const header = await headerOf(source, bytes, format);
  if (header.format !== sharpFormatOf(format))
    throw new RefusedImage('E_IMG_FORMAT', `looks like ${format} but is ${header.format}`);
  checkSize(header, options.maxPixels);
  const samples = samplesOf(header);
  const { channels, depth, converted } = samples;
  const decodedBytes = header.width * header.height * channels * (depth / 8);
  const whole = decodedBytes <= Math.min(options.memory, largestImageBytes);
  const needed = decoderBytes(header, format, samples);
  if (needed > 0) {
    const hint = 'save it as a baseline JPEG, a PNG without interlacing or a TIFF';
    checkMemory(
      'decoding, which cannot go row by row,',
      needed + (whole ? decodedBytes : 0),
      options.memory,
      hint,
    );
  }
  const turn = whole && (header.orientation ?? 1) > 1;
  const swapped = turn && (header.orientation ?? 1) >= 5;
  const found = readMetadata(bytes, format, header);
  const notes = [...notesOf(header, format, options.name), ...found.notes];
  const metadata = fitting(found.metadata, samples, turn || format === 'avif', notes);
  const [width, height] = swapped ? [header.height, header.width] : [header.width, header.height];
  return {
    format,
    info: { width, height, channels, depth, metadata },
    notes,
    decodedBytes,
    plan: {
      space: spaceOf(samples),
      convert: converted !== undefined,
      turn,
      failOn: failOnOf(format, bytes),
      whole,
    },
  };
}

/**
 * Reads the header only: the size, kind and metadata of the rows that `openPicture` with the same options
 * would give, and what it would note. Throws RefusedImage: E_IMG_EMPTY, E_IMG_TRUNCATED, E_IMG_CORRUPT,
 * E_IMG_FORMAT, E_LIMIT, and for a path E_VANISHED, E_NOT_A_FILE, E_IMG_READ.
 */
export async function probePicture(
  source: PictureSource,
  options: OpenOptions,
): Promise<PictureProbe> {
  const bytes = byteSource(source);
  try {
    return await inspect(source, bytes, options);
  } finally {
    bytes.close?.();
  }
}
