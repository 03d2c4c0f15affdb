/** The tables of `evensr bench degrade`. */
import { type Hardware, reasonBelowFloor } from '../bench/floor.ts';
import type { MemoryUse } from '../bench/memory.ts';
import type { OperatorLine } from '../bench/operators.ts';
import type { RecordedCase } from '../bench/record.ts';
import { onOneThread, type ScalingCell, speedOf, spreadOfBatches } from '../bench/scaling.ts';
import { pairedRatio } from '../bench/statistics.ts';
import { formatTable } from '../report/table.ts';
import { formatBytes } from './bytes.ts';

export const percent = (share: number, digits = 0) => `${(100 * share).toFixed(digits)} %`;
export const digits = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** Below this share of its floor an operator has to say why. */
const half = 0.5;

export interface OperatorContext {
  /** Name of the degradation space. */
  space: string;
  hardware: Hardware;
  side: number;
  images: number;
}

export function operatorTable(
  lines: readonly OperatorLine[],
  { space, hardware, side, images }: OperatorContext,
): string[] {
  const floors = { fma: 'FMA', copy: 'memory' };
  const rows = lines.map(({ operator, time, share, gflops, floor, floorShare }) => [
    ...[operator, digits(time.median), percent(share, 1), gflops.toFixed(1)],
    ...[floors[floor], percent(floorShare), floorShare < half ? reasonBelowFloor(operator) : ''],
  ]);
  return [
    `Operators of ${space}: one thread, ${images} crops of ${side} px; floors: ${hardware.peak.toFixed(0)} GFLOP/s` +
      ` of multiply-adds, ${hardware.copy.toFixed(0)} GB/s of memory, both measured now`,
    ...formatTable(
      [
        { title: 'operator' },
        { title: 'us/image', align: 'right' },
        { title: 'share', align: 'right' },
        { title: 'GFLOP/s', align: 'right' },
        { title: 'floor' },
        { title: 'of floor', align: 'right' },
        { title: 'why below half' },
      ],
      rows,
    ),
    ...(lines.some(({ operator }) => operator === 'usm')
      ? ['Shares are of the pipeline without USM; that of usm is of the pipeline with it.']
      : []),
  ];
}

export function scalingTable(cells: readonly ScalingCell[], side: number): string[] {
  const threads = [...new Set(cells.map((cell) => cell.threads))];
  const more = threads.filter((count) => count > 1);
  const batches = [...new Set(cells.map((cell) => cell.batch))];
  const text = (batch: number, count: number, show: (cell: ScalingCell) => number) => {
    const cell = cells.find((one) => one.batch === batch && one.threads === count);
    return cell ? digits(show(cell)) : '';
  };
  const scaling = (cell: ScalingCell) =>
    pairedRatio(onOneThread(cell, cells)?.samples ?? [], cell.samples);
  const spreads = threads.map(
    (count) => `${percent(spreadOfBatches(cells, count), 1)} with ${threadText(count)}`,
  );
  return [
    `Whole pipeline, images/s: crops of ${side} px without USM, the same images for every cell, cells in turn, batches asked for ahead: four images a thread or one more than there are threads`,
    ...formatTable(
      [
        { title: 'batch', align: 'right' },
        ...threads.map((count) => ({ title: threadText(count), align: 'right' as const })),
        ...more.map((count) => ({ title: `${count} / 1`, align: 'right' as const })),
      ],
      batches.map((batch) => [
        String(batch),
        ...threads.map((count) => text(batch, count, speedOf)),
        ...more.map((count) => text(batch, count, scaling)),
      ]),
    ),
    `Slowest batch behind the fastest: ${spreads.join(', ')}`,
  ];
}

export const threadText = (count: number) => (count === 1 ? '1 thread' : `${count} threads`);

const caseColumns = [
  { title: 'case' },
  { title: 'ms/image', align: 'right' },
  { title: 'p10-p90', align: 'right' },
  { title: 'n', align: 'right' },
  { title: 'images/s', align: 'right' },
  { title: 'of floor', align: 'right' },
  { title: 'peer' },
  { title: 'ms/image', align: 'right' },
  { title: 'ratio', align: 'right' },
] as const;

export function caseTable(cases: readonly RecordedCase[], threads: number): string[] {
  const rows = cases.flatMap(({ name, median, p10, p90, n, floorShare, peers }) => {
    const own = [
      ...[name, digits(median), `${digits(p10)}-${digits(p90)}`, String(n)],
      ...[digits(1000 / median), percent(floorShare)],
    ];
    if (peers.length === 0) return [own];
    return peers.map((peer, at) => [
      ...(at === 0 ? own : own.map(() => '')),
      ...[`${peer.name} ${peer.version}`, digits(peer.median), digits(peer.ratio)],
    ]);
  });
  return [
    `Against peers, in turn, ${threadText(threads)} each; ratio: how many times as long the peer takes`,
    ...formatTable(caseColumns, rows),
  ];
}

export function memoryLine({ batches, early, end, most }: MemoryUse): string {
  const [first, last, peak] = [early, end, most].map(formatBytes);
  const after = Math.floor(batches / 10) + 1;
  return `Memory (RSS): ${first} after ${after} of ${batches} batches of 64, ${last} after all, at most ${peak}`;
}
