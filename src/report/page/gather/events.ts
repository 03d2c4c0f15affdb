/** What happened in a run, with times: report.jsonl. */
import { join } from 'node:path';
import { z } from 'zod';
import { type LinesFound, readJsonLines } from './lines.ts';

const event = z.looseObject({
  time: z.string(),
  event: z.string(),
  step: z.number().nullish(),
});

const speed = z.looseObject({
  event: z.literal('speed'),
  step: z.number(),
  imagesPerSecond: z.number().positive(),
  milliseconds: z.number().positive(),
  /** Parts of a step that were waited for; they sum to 1. */
  data: z.number().min(0),
  degrade: z.number().min(0),
  network: z.number().min(0),
});

const warning = z.looseObject({ event: z.literal('warning'), code: z.string(), text: z.string() });
const begin = z.looseObject({ photos: z.object({ training: z.number(), validation: z.number() }) });
const failure = z.looseObject({ event: z.literal('failed'), reason: z.string() });

export type RunEvent = z.infer<typeof event>;
export type Speed = Pick<
  z.infer<typeof speed>,
  'step' | 'imagesPerSecond' | 'milliseconds' | 'data' | 'degrade' | 'network'
>;

export interface RunEvents {
  /** Of all processes that trained the run: how it stands, in one sentence. */
  status: string;
  finished: boolean;
  began: string | null;
  /** Milliseconds in which a process trained it. */
  trained: number | null;
  resumes: number;
  /** How many photographs were used; not known of older runs. */
  photos: { training: number; validation: number } | undefined;
  /** Rising steps: of what was done twice, the last. */
  speeds: Speed[];
  warnings: { time: string; code: string; text: string }[];
  damaged: number;
}

/** Rejects with the reason when the file cannot be read. */
export async function readEvents(run: string): Promise<RunEvents> {
  return eventsOf(await readJsonLines(join(run, 'report.jsonl'), event));
}

/** What the events say together. */
export function eventsOf({ entries, damaged }: LinesFound<RunEvent>): RunEvents {
  const begins = entries.filter((entry) => isBegin(entry));
  return {
    status: statusOf(entries),
    finished: entries.at(-1)?.event === 'finished',
    began: begins[0]?.time ?? null,
    trained: trainedTime(entries),
    resumes: begins.filter((entry) => entry.event === 'resumed').length,
    photos: begins.map((entry) => begin.safeParse(entry).data?.photos).findLast(Boolean),
    speeds: speedsOf(entries),
    warnings: entries.flatMap((entry) => {
      const found = warning.safeParse(entry).data;
      return found ? [{ time: entry.time, code: found.code, text: found.text }] : [];
    }),
    damaged,
  };
}

const isBegin = ({ event: name }: RunEvent) => name === 'started' || name === 'resumed';

function statusOf(entries: readonly RunEvent[]): string {
  const last = entries.findLast(({ event: name }) => name !== 'warning' && name !== 'speed');
  if (!last) return 'nothing is known of how it went';
  const at = typeof last.step === 'number' ? ` at step ${last.step.toLocaleString('en')}` : '';
  if (last.event === 'finished') return `finished${at}`;
  if (last.event === 'stopped') return `stopped${at}, to be resumed`;
  if (last.event === 'failed')
    return `failed: ${failure.safeParse(last).data?.reason ?? 'unknown'}`;
  return 'training, or killed: its end has not been written';
}

/** From each start to the last event before the next one. */
function trainedTime(entries: readonly RunEvent[]): number | null {
  let total = 0;
  let begun: number | undefined;
  let latest = 0;
  const close = () => {
    if (begun !== undefined) total += Math.max(0, latest - begun);
  };
  for (const entry of entries) {
    const at = Date.parse(entry.time);
    if (Number.isNaN(at)) continue;
    if (isBegin(entry)) {
      close();
      begun = at;
    }
    latest = at;
  }
  close();
  return begun === undefined ? null : total;
}

function speedsOf(entries: readonly RunEvent[]): Speed[] {
  const byStep = new Map<number, Speed>();
  for (const entry of entries) {
    const found = speed.safeParse(entry).data;
    if (found) byStep.set(found.step, found);
  }
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}
