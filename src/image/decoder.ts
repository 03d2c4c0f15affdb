/** The decoder as it is set up for every picture. */
import { type PictureProbe, type PictureSource, sharpInput } from './inspect.ts';
import type { Rows } from './picture.ts';

/** A pipeline that gives the numbers of the file, and fails on every damage that the decoder sees. */
export async function decoder(
  source: PictureSource,
  { plan, info }: PictureProbe,
  space = plan.space,
) {
  const { default: sharp } = await import('sharp');
  const image = sharp(sharpInput(source), {
    ignoreIcc: !plan.convert,
    failOn: plan.failOn,
    limitInputPixels: info.width * info.height,
    sequentialRead: true,
  });
  return (plan.turn ? image.autoOrient() : image).toColourspace(space);
}

/** Samples of a picture: a view of the bytes, or a copy where they do not lie on even addresses. */
export function samplesOf(bytes: Buffer, depth: 8 | 16): Rows {
  if (depth === 8) return bytes;
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}
