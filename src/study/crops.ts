/** Pictures for the page: one crop of each task as several networks restore it. */
import sharp from 'sharp';
import { cutSquare, type Square, squaresOfDetail } from '../evaluate/detail.ts';
import type { FrozenSample } from '../evaluate/frozen.ts';
import { psnrY } from '../evaluate/psnr.ts';
import type { Pair } from '../evaluate/synthesis.ts';
import type { RgbImage } from '../infer/pixels.ts';
import type { StudyInput } from './results-input.ts';
import {
  bicubic,
  type Restore,
  type TestJob,
  type TestSet,
  testJobs,
  testPairs,
} from './test-set.ts';

export type StudyCrops = StudyInput['crops'];

/** Side of the pictures. */
const side = 96;

/** What restores, and what its pictures are called. */
export interface NamedRestore {
  label: string;
  restore: Restore;
}

/** The first sample of each task, on another photograph each, as far as there are any. */
function isShown({ plan }: TestSet): (sample: FrozenSample) => boolean {
  const photos = Math.min(plan.photos.length, plan.samplesPerSet);
  return ({ set, photo, repetition }) => repetition === 0 && photo === set.key % photos;
}

async function pngOf({ width, height, pixels }: RgbImage): Promise<Uint8Array> {
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return await image.png({ compressionLevel: 9 }).toBuffer();
}

/** Every pixel `factor` times as wide and high. */
function enlarged({ width, height, pixels }: RgbImage, factor: number): RgbImage {
  const large = new Uint8Array(3 * width * height * factor ** 2);
  for (let y = 0, to = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++, to += 3) {
      const from = 3 * (Math.floor(y / factor) * width + Math.floor(x / factor));
      large.set(pixels.subarray(from, from + 3), to);
    }
  }
  return { width: width * factor, height: height * factor, pixels: large };
}

async function picturesOf(
  pair: Pair<TestJob>,
  restored: readonly { label: string; image: RgbImage }[],
  border: number,
): Promise<StudyCrops[number]> {
  const { gt, lq, job } = pair;
  const { scale } = job.recipe;
  const [found] = squaresOfDetail(lq, Math.floor(side / scale), 1);
  const small = found as Square;
  const [left, top] = [small.left * scale, small.top * scale];
  const square = { left, top, side: small.side * scale };
  const shown = [
    { label: 'ground truth', png: await pngOf(cutSquare(gt, square)) },
    { label: 'input', png: await pngOf(enlarged(cutSquare(lq, small), scale)) },
  ];
  for (const { label, image } of restored) {
    const decibels = psnrY(image, gt, border).toFixed(2);
    shown.push({ label: `${label} ${decibels} dB`, png: await pngOf(cutSquare(image, square)) });
  }
  return { task: job.sample.set.id, photo: job.sample.photo, pictures: shown };
}

/** One crop of each task, by bicubic interpolation and by each of the networks, with PSNR of Y of the whole image. */
export async function studyCrops(
  test: TestSet,
  networks: readonly NamedRestore[],
  threads: number,
): Promise<StudyCrops> {
  const crops: StudyCrops[number][] = [];
  const all = [{ label: 'bicubic', restore: bicubic }, ...networks];
  for await (const pairs of testPairs(test, testJobs(test, isShown(test)), threads)) {
    const restored = [];
    for (const { label, restore } of all) restored.push({ label, images: await restore(pairs) });
    for (const [i, pair] of pairs.entries()) {
      const images = restored.map(({ label, images: own }) => ({
        label,
        image: own[i] as RgbImage,
      }));
      crops.push(await picturesOf(pair, images, test.border));
    }
  }
  return crops;
}
