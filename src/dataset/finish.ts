/** A pair as it comes from the degradation, made into a record and files. */
import { createHash } from 'node:crypto';
import type { PhotoSet } from '../data/open.ts';
import type { PairRecord } from '../evaluate/records.ts';
import { recordVersion } from '../evaluate/records.ts';
import type { Pair } from '../evaluate/synthesis.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { encodeImage, roundTrip } from './encoding.ts';
import type { FinishedSample } from './sink.ts';
import type { SampleJob } from './source.ts';

const hashOf = (image: RgbImage) => createHash('sha256').update(image.pixels).digest('hex');

function recordOf(
  job: SampleJob,
  photo: PhotoSet['images'][number],
  pixels: PairRecord['pixels'],
): PairRecord {
  return {
    version: recordVersion,
    key: job.key,
    ...(job.tar === undefined ? {} : { tar: job.tar }),
    files: job.files,
    photo: photo.name,
    photoSha256: photo.sha256,
    task: job.task,
    seed: job.seed,
    gt: { top: job.top, left: job.left, size: job.size, margin: job.margin },
    usm: job.usm,
    recipe: job.recipe as PairRecord['recipe'],
    ...(job.encoded === undefined ? {} : { encoded: job.encoded }),
    pixels,
  };
}

/** Encodes a pair; `different` when it was made before and its pixels are others now. */
export async function finishPair(
  { job, gt, lq: clean }: Pair<SampleJob>,
  photos: PhotoSet['images'],
): Promise<FinishedSample & { different: boolean }> {
  const lq = job.encoded === undefined ? clean : await roundTrip(clean, job.encoded);
  const pixels = { gt: hashOf(gt), lq: hashOf(lq) };
  const [gtFile, lqFile] = await Promise.all([
    encodeImage(gt, job.files.gt),
    encodeImage(lq, job.files.lq),
  ]);
  const { expected, index } = job;
  const different =
    expected !== undefined && (expected.gt !== pixels.gt || expected.lq !== pixels.lq);
  const record = recordOf(job, photos[job.photo] as PhotoSet['images'][number], pixels);
  return { index, record, gt: gtFile, lq: lqFile, different };
}
