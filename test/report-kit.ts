/** Runs as a report sees them, made up. */
import type { Picture } from '../src/report/page/gather/encode.ts';
import { eventsOf } from '../src/report/page/gather/events.ts';
import type { MetricsLine } from '../src/report/page/gather/metrics.ts';
import type { CropPictures, RunPictures } from '../src/report/page/gather/pictures.ts';
import type { RunFacts } from '../src/report/page/gather/run.ts';
import { groupRuns, type ReportModel } from '../src/report/page/model.ts';
import { parseConfig } from '../src/train/config.ts';

const pixel: Picture = {
  source:
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  width: 1,
  height: 1,
};

export interface RunIdea {
  name?: string;
  letter?: string;
  tasks?: string[];
  levels?: number;
  /** Name of every photograph. */
  photo?: string;
  /** Final PSNR of the first task; the others follow 1 dB apart. Bicubic has 25 dB throughout. */
  psnr?: number;
  key?: string;
}

/** A finished run with everything in it. */
export function someRun(idea: RunIdea = {}): RunFacts {
  const { name = 'some', letter = '', tasks = ['clean', 'noisy'], levels = tasks.length } = idea;
  return {
    path: `/runs/${name}`,
    number: Math.max(0, letter.charCodeAt(0) - 65) || 0,
    letter,
    name,
    config: { value: parseConfig('images: {train: photos}', { origin: 'x', folder: '/' }) },
    configText: { value: 'images: {train: photos}\n' },
    tasks: tasks.map((id, at) => ({
      id,
      description: `looks like ${id}`,
      bounds: [`noise < ${at}`],
      mass: 1 / tasks.length,
    })),
    levels,
    metrics: { value: { entries: metricsOf(tasks, idea.psnr ?? 28), damaged: 0 } },
    events: { value: events() },
    pictures: { value: picturesOf(tasks, idea) },
  };
}

function events() {
  const time = '2026-01-02T03:04:05.000Z';
  const speed = { imagesPerSecond: 123, milliseconds: 32, data: 0.1, degrade: 0.15, network: 0.75 };
  const entries = [
    { time, event: 'started', step: 0 },
    { time, event: 'speed', step: 100, ...speed },
    { time, event: 'speed', step: 200, ...speed },
    { time: '2026-01-02T03:05:05.000Z', event: 'finished', step: 200 },
  ];
  return eventsOf({ entries, damaged: 0 });
}

function metricsOf(tasks: readonly string[], psnr: number): MetricsLine[] {
  const share = 1 / tasks.length;
  return [100, 200].map((step) => ({
    step,
    loss: 0.5 / step,
    learningRate: 1e-3,
    psnr: psnr + (tasks.length - 1) / 2,
    tasks: Object.fromEntries(
      tasks.map((id, at) => [
        id,
        {
          share,
          requested: share * step * 16,
          realised: share * step * 16 + (at === 0 ? 0.25 : 0),
          psnr: psnr + at - (200 - step) / 100,
          reference: psnr + at + 0.5,
          kpi: step / 250,
          focal: 10 / step,
        },
      ]),
    ),
  }));
}

function picturesOf(
  tasks: readonly string[],
  { photo = 'photo.png', key = 'k', psnr = 28 }: RunIdea,
): RunPictures {
  const crop = (task: string): CropPictures => ({
    task,
    photo,
    lq: pixel,
    bicubic: pixel,
    sr: pixel,
    gt: pixel,
    psnr: 26.5,
    bicubicPsnr: 25.25,
  });
  return {
    file: 'checkpoint',
    step: 200,
    parameters: 1234,
    key,
    photos: 3,
    bicubic: Object.fromEntries(tasks.map((id) => [id, 25])),
    psnr: Object.fromEntries(tasks.map((id, at) => [id, psnr + at])),
    shown: [...tasks],
    pairs: tasks.map((task) => ({ task, photo, gt: pixel, lq: pixel })),
    examples: tasks.map(crop),
    lowest: tasks.map(crop),
    leastGain: tasks.map(crop),
  };
}

/** A run of which nothing is left but its name. */
export function emptyRun(idea: RunIdea = {}): RunFacts {
  const missing = (what: string) => ({ missing: `${what}: cannot be opened (ENOENT)` });
  return {
    ...someRun(idea),
    tasks: [],
    levels: 0,
    config: missing('config.yaml'),
    configText: missing('config.yaml'),
    metrics: missing('metrics.jsonl'),
    events: missing('report.jsonl'),
    pictures: missing('pictures'),
  };
}

export function modelOf(runs: RunFacts[], baseline?: RunFacts): ReportModel {
  const made = '2026-01-02T03:04:05.000Z';
  return { runs, groups: groupRuns(runs), baseline, made, version: '0.0.0' };
}
