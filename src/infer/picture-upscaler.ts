/** What the batch needs of a network: pictures in, larger pictures out. */
import type { PictureInfo, RowReader, RowWriter } from '../image/picture.ts';

/** How a picture is upscaled: everything beside the network that changes its pixels. */
export interface UpscaleOptions {
  /** Size of the result relative to the input; the network's own scale when it is not given. */
  outputScale?: number | undefined;
  /** Alpha through the network, like a gray picture, or by bicubic interpolation. */
  alpha: 'network' | 'bicubic';
}

export interface PictureUpscaler {
  readonly engine: 'native' | 'onnx' | 'bicubic';
  /** Of the network. */
  readonly scale: number;
  /** Changes with whatever changes pixels: the weights, the engine, the way tiles are cut and blended. */
  readonly fingerprint: string;
  /** One line for people: file, network, engine. */
  readonly description: string;
  /** Size, channels and depth of what a picture becomes. */
  outputInfo(input: PictureInfo, options: UpscaleOptions): PictureInfo;
  /** Bytes that upscaling a picture of this size needs beside its reader and writer. */
  memoryFor(input: PictureInfo, options: UpscaleOptions): number;
  /**
   * Reads all rows and writes all rows; neither closes the reader nor finishes the writer. Several
   * pictures may be worked on at once: tiles of the same size share a batch.
   * Rejects with E_OUTPUT_NONFINITE, E_MEMORY, or what reader and writer reject with.
   */
  upscale(reader: RowReader, writer: RowWriter, options: UpscaleOptions): Promise<void>;
  /** Input pixels a second, measured on a few tiles. */
  measureSpeed(): Promise<number>;
  dispose(): Promise<void>;
}
