/** The pictures of one run and the scores that belong to them. */
import { createHash } from 'node:crypto';
import type { Task } from '../../../degradation/region.ts';
import { type Model, openModel } from '../../../infer/model.ts';
import type { Warn } from '../../../train/checkpoint-folder.ts';
import { TaskMeans, type TaskPsnr } from '../../../train/probe.ts';
import {
  type Bench,
  type Crop,
  detailOf,
  gainOf,
  restoredExamples,
  restoredProbes,
} from './crops.ts';
import { encodePicture, type Picture } from './encode.ts';

type Version = 'lq' | 'bicubic' | 'sr' | 'gt';

/** A crop in four versions; PSNR of Y in dB against gt. */
export type CropPictures = Omit<Crop, Version> & Record<Version, Picture>;

export interface RunPictures {
  /** What was run. */
  file: string;
  step: number | null;
  parameters: number;
  /** Equal for runs that are measured on the same probes: their PSNR can be compared. */
  key: string;
  photos: number;
  /** PSNR on the probes by task: of bicubic interpolation, and of the network now. */
  bicubic: TaskPsnr;
  psnr: TaskPsnr;
  /** Tasks that are shown: all, or some of very many. */
  shown: string[];
  /** What the network is trained on, some of each task. */
  pairs: { task: string; photo: string; gt: Picture; lq: Picture }[];
  examples: CropPictures[];
  /** Probes with the lowest PSNR, one of a photograph, and of each task the one that gains least over bicubic. */
  lowest: CropPictures[];
  leastGain: CropPictures[];
}

const mostTasks = 24;
const pairsPerTask = 3;
const mostWorst = 6;
const mostLeastGain = 12;

/**
 * Runs the newest good checkpoint of a run on its probes and on larger crops of their photographs.
 * Rejects when there is no checkpoint.
 */
export async function makePictures(run: string, bench: Bench, warn: Warn): Promise<RunPictures> {
  const { threads } = bench.config.training;
  const model = await openModel(run, { weights: 'ema', threads, warn });
  try {
    return await picturesOf(model, bench);
  } finally {
    model.dispose();
  }
}

async function picturesOf(model: Model, bench: Bench): Promise<RunPictures> {
  const shown = spread(bench.tasks, mostTasks);
  const probes = new ProbeReview(
    bench.tasks.map((task) => task.id),
    shown.map((task) => task.id),
  );
  for await (const crop of restoredProbes(model, bench)) probes.add(crop);
  const examples = await restoredExamples(model, bench, shown);
  const { file, step, parameters } = model.info;
  return {
    file,
    step,
    parameters,
    key: keyOf(bench),
    photos: bench.validation.images.length,
    bicubic: probes.bicubic.toJSON(),
    psnr: probes.psnr.toJSON(),
    shown: shown.map((task) => task.id),
    pairs: await Promise.all(
      probes.pairs().map(async ({ task, photo, gt, lq }) => ({
        task,
        photo,
        gt: await encodePicture(gt),
        lq: await encodePicture(lq, 'png'),
      })),
    ),
    examples: await Promise.all(examples.map(encoded)),
    lowest: await Promise.all(probes.lowest.map(encoded)),
    leastGain: await Promise.all(probes.leastGain().map(encoded)),
  };
}

/** What is remembered of the probes while they pass: a few pictures, not all of them. */
export class ProbeReview {
  readonly #shown: readonly string[];
  readonly bicubic: TaskMeans;
  readonly psnr: TaskMeans;
  readonly #leastGain = new Map<string, Crop>();
  readonly #detailed = new Map<string, Crop[]>();
  lowest: Crop[] = [];

  /** @param shown those of the tasks of which pictures are kept */
  constructor(tasks: readonly string[], shown: readonly string[]) {
    this.#shown = shown;
    this.bicubic = new TaskMeans(tasks);
    this.psnr = new TaskMeans(tasks);
  }

  add(crop: Crop): void {
    this.bicubic.add([crop.task], [crop.bicubicPsnr]);
    this.psnr.add([crop.task], [crop.psnr]);
    const isShown = this.#shown.includes(crop.task);
    if (isShown) this.#addDetailed(crop);
    if (!Number.isFinite(crop.psnr)) return;
    this.#addLowest(crop);
    if (!isShown) return;
    const least = this.#leastGain.get(crop.task);
    if (!least || gainOf(crop) < gainOf(least)) this.#leastGain.set(crop.task, crop);
  }

  #addLowest(crop: Crop): void {
    const order = [...this.lowest, crop].sort((a, b) => a.psnr - b.psnr);
    this.lowest = order.filter(firstOfPhoto).slice(0, mostWorst);
  }

  /** One crop of a photograph: that with most detail, on which damage shows. */
  #addDetailed(crop: Crop): void {
    const all = [...(this.#detailed.get(crop.task) ?? []), crop];
    const order = all.sort((a, b) => detailOf(b.gt) - detailOf(a.gt));
    this.#detailed.set(crop.task, order.filter(firstOfPhoto).slice(0, pairsPerTask));
  }

  /** Some probes of every task that is shown. */
  pairs(): Crop[] {
    return [...this.#detailed.values()].flat();
  }

  /** The least gain of each task, the least of all first. */
  leastGain(): Crop[] {
    const crops = [...this.#leastGain.values()];
    return crops.sort((a, b) => gainOf(a) - gainOf(b)).slice(0, mostLeastGain);
  }
}

function firstOfPhoto({ photo }: Crop, at: number, all: readonly Crop[]): boolean {
  return all.findIndex((other) => other.photo === photo) === at;
}

async function encoded(crop: Crop): Promise<CropPictures> {
  const [lq, bicubic, sr, gt] = await Promise.all([
    encodePicture(crop.lq, 'png'),
    encodePicture(crop.bicubic),
    encodePicture(crop.sr),
    encodePicture(crop.gt),
  ]);
  return { ...crop, lq, bicubic, sr, gt };
}

/** At most `most` of them, evenly spread. */
function spread(tasks: readonly Task[], most: number): Task[] {
  if (tasks.length <= most) return [...tasks];
  return Array.from(
    { length: most },
    (_, i) => tasks[Math.floor((i * tasks.length) / most)] as Task,
  );
}

/** Identifies everything that the probes depend on. */
function keyOf({ config, space, tasks, validation }: Bench): string {
  const photos = validation.images.map((image) => validation.photos[image]?.sha256);
  const cells = tasks.map(({ id, bounds }) => [id, bounds]);
  const { scale, training, degradation, validation: measured } = config;
  const { samplesPerTask, border } = measured;
  const { margin, usm } = degradation;
  const settings = { scale, lqSize: training.lqSize, margin, usm, samplesPerTask, border };
  const text = JSON.stringify([photos, space, cells, settings]);
  return createHash('sha256').update(text).digest('hex');
}
