/** How the tasks of a run moved, from its metrics.jsonl. */
import { z } from 'zod';
import { formatTable } from './table.ts';

const known = z.number().nullable();
const entry = z.looseObject({
  step: z.number(),
  tasks: z.record(
    z.string(),
    z.looseObject({
      share: z.number(),
      psnr: known.optional(),
      kpi: known.optional(),
      realised: z.number().optional(),
    }),
  ),
});

export interface TaskHistory {
  id: string;
  /** PSNR on the probes at the first and the last measurement, dB. */
  firstPsnr: number | null;
  lastPsnr: number | null;
  kpi: number | null;
  /** Share of the samples asked for: at the start, at its least and most, and at the end. */
  firstShare: number;
  leastShare: number;
  mostShare: number;
  lastShare: number;
  /** Samples that training has seen. */
  samples: number | null;
}

/** Reads metrics.jsonl; lines that say nothing about tasks are passed over. */
export function taskHistories(text: string): { firstStep: number; tasks: TaskHistory[] } {
  const lines = text.split('\n').filter((line) => line !== '');
  const entries = lines.flatMap((line) => {
    const parsed = entry.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  });
  const last = entries.at(-1);
  const measured = entries.filter(({ tasks }) =>
    Object.values(tasks).some(({ psnr }) => typeof psnr === 'number'),
  );
  const tasks = Object.entries(last?.tasks ?? {}).map(([id, task]) => ({
    id,
    ...shareRange(entries.map(({ tasks }) => tasks[id]?.share ?? task.share)),
    firstPsnr: measured[0]?.tasks[id]?.psnr ?? null,
    lastPsnr: measured.at(-1)?.tasks[id]?.psnr ?? null,
    kpi: measured.at(-1)?.tasks[id]?.kpi ?? null,
    samples: task.realised ?? null,
  }));
  return { firstStep: measured[0]?.step ?? 0, tasks };
}

function shareRange(shares: readonly number[]) {
  const least = shares.reduce((a, b) => Math.min(a, b));
  const most = shares.reduce((a, b) => Math.max(a, b));
  const [first, last] = [shares[0] as number, shares.at(-1) as number];
  return { firstShare: first, leastShare: least, mostShare: most, lastShare: last };
}

const right = 'right' as const;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const fixed = (value: number | null, digits: number) => value?.toFixed(digits) ?? '–';

/** What the quotas did and how the probes' PSNR moved, for people. */
export function historyTable(text: string): string[] {
  const { firstStep, tasks } = taskHistories(text);
  const columns = [
    { title: 'task' },
    { title: 'quota at first', align: right },
    { title: 'least', align: right },
    { title: 'most', align: right },
    { title: 'at last', align: right },
    { title: 'samples', align: right },
    { title: `PSNR after ${firstStep}`, align: right },
    { title: 'at last', align: right },
    { title: 'KPI', align: right },
  ];
  const rows = tasks.map((task) => [
    task.id,
    percent(task.firstShare),
    percent(task.leastShare),
    percent(task.mostShare),
    percent(task.lastShare),
    task.samples?.toString() ?? '–',
    fixed(task.firstPsnr, 2),
    fixed(task.lastPsnr, 2),
    fixed(task.kpi, 3),
  ]);
  return formatTable(columns, rows);
}
