/** What a run wrote about its tasks: metrics.jsonl. */
import { join } from 'node:path';
import { z } from 'zod';
import { type LinesFound, readJsonLines } from './lines.ts';

const known = z.number().nullish();

const taskPoint = z.looseObject({
  /** Share of the samples asked for, in [0, 1]. */
  share: z.number(),
  /** Samples asked for and handed out since the first step; absent where whole batches are drawn. */
  requested: known,
  realised: known,
  /** On the probes, in dB; absent in lines between two measurements. */
  psnr: known,
  reference: known,
  kpi: known,
  focal: known,
});

const metricsLine = z.looseObject({
  step: z.int().min(0),
  loss: known,
  learningRate: known,
  /** Of a loss that has several, and of a discriminator; absent in other runs. */
  parts: z.record(z.string(), known).nullish(),
  discriminator: z.looseObject({ loss: known }).nullish(),
  /** Mean over the tasks; absent between two measurements. */
  psnr: known,
  tasks: z.record(z.string(), taskPoint),
});

export type MetricsLine = z.infer<typeof metricsLine>;
export type TaskQuantity = 'share' | 'psnr' | 'kpi' | 'focal' | 'reference';

/** All lines with rising steps. Rejects with the reason when the file cannot be read. */
export async function readMetrics(run: string): Promise<LinesFound<MetricsLine>> {
  const { entries, damaged } = await readJsonLines(join(run, 'metrics.jsonl'), metricsLine);
  let last = -1;
  const rising = entries.filter(({ step }) => {
    if (step <= last) return false;
    last = step;
    return true;
  });
  return { entries: rising, damaged: damaged + entries.length - rising.length };
}

/** A point of a curve: step and value. */
export type Point = readonly [step: number, value: number];

/** A task's quantity over the steps, where it is known. */
export function curveOf(
  lines: readonly MetricsLine[],
  task: string,
  quantity: TaskQuantity,
): Point[] {
  return lines.flatMap(({ step, tasks }): Point[] => {
    const value = Object.hasOwn(tasks, task) ? tasks[task]?.[quantity] : undefined;
    return typeof value === 'number' ? [[step, value]] : [];
  });
}

/** The last known value of a task's quantity. */
export function lastOf(
  lines: readonly MetricsLine[],
  task: string,
  quantity: TaskQuantity,
): number | null {
  return curveOf(lines, task, quantity).at(-1)?.[1] ?? null;
}

/**
 * At most `most` points that keep the first, the last and the shape: of each stretch of steps the
 * point with the least and the one with the greatest value.
 */
export function thinned(points: readonly Point[], most = 240): Point[] {
  if (points.length <= most) return [...points];
  const stretches = Math.floor((most - 2) / 2);
  const inner = points.slice(1, -1);
  const kept = Array.from({ length: stretches }, (_, at) => {
    const from = Math.floor((at * inner.length) / stretches);
    const part = inner.slice(from, Math.floor(((at + 1) * inner.length) / stretches));
    const least = part.reduce((a, b) => (b[1] < a[1] ? b : a));
    const greatest = part.reduce((a, b) => (b[1] > a[1] ? b : a));
    return least[0] <= greatest[0] ? [least, greatest] : [greatest, least];
  }).flat();
  const ends = [points[0], ...kept, points.at(-1)] as Point[];
  return ends.filter((point, at) => point !== ends[at - 1]);
}
