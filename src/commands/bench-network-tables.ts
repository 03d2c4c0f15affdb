/** The table of `evensr bench train` and `evensr bench upscale`. */
import { kinds } from '../bench/networks/shares.ts';
import type { MemoryPeak, RecordedCase, RecordedPeer } from '../bench/record.ts';
import { formatTable } from '../report/table.ts';
import { digits, percent, threadText } from './bench-tables.ts';

const megabytes = (memory: MemoryPeak | undefined) =>
  memory ? String(Math.round(memory.peak / 1e6)) : '';

function memoryShare(own: MemoryPeak | undefined, theirs: MemoryPeak | undefined): string {
  return own && theirs ? digits(own.peak / theirs.peak) : '';
}

const right = (title: string) => ({ title, align: 'right' as const });

const columns = [
  { title: 'case' },
  ...['ms', 'p10-p90', 'n', 'GFLOP/s', 'of peak', 'MB'].map(right),
  { title: 'peer' },
  ...['ms', 'ratio', 'MB', 'ours/MB'].map(right),
];

function peerCells({ memory }: RecordedCase, peer: RecordedPeer): string[] {
  const who = [peer.name, peer.version, peer.variant].filter((part) => part !== undefined);
  return [
    ...[who.join(' '), digits(peer.median), digits(peer.ratio)],
    ...[megabytes(peer.memory), memoryShare(memory, peer.memory)],
  ];
}

/** What the time is spent on, a column a kind. */
function sharesTable(cases: readonly RecordedCase[]): string[] {
  const known = cases.filter(({ shares }) => shares !== undefined);
  if (known.length === 0) return [];
  const rows = known.map(({ name, shares }) => [
    name,
    ...kinds.map((kind) => percent(shares?.[kind] ?? 0, 1)),
  ]);
  return [
    '',
    "Where the time goes; products and transforms are those of Winograd's convolutions, with waiting for threads",
    ...formatTable([{ title: 'case' }, ...kinds.map(right)], rows),
  ];
}

export function networkTable(cases: readonly RecordedCase[], threads: number): string[] {
  const rows = cases.flatMap((found) => {
    const { name, median, p10, p90, n, gflops = Number.NaN, floorShare, memory } = found;
    const own = [
      ...[name, digits(median), `${digits(p10)}-${digits(p90)}`, String(n)],
      ...[gflops.toFixed(0), percent(floorShare), megabytes(memory)],
    ];
    if (found.peers.length === 0) return [own];
    return found.peers.map((peer, at) => [
      ...(at === 0 ? own : own.map(() => '')),
      ...peerCells(found, peer),
    ]);
  });
  const leftOut = cases.flatMap(({ name, peers }) =>
    peers.flatMap((peer) =>
      Object.entries(peer.leftOut ?? {}).map(
        ([way, why]) => `${name}: ${peer.name} without ${way}, ${why}`,
      ),
    ),
  );
  return [
    `Against peers, in turn, ${threadText(threads)} each; ratio: how many times as long the peer takes`,
    ...formatTable(columns, rows),
    'GFLOP/s: of direct convolutions, over the multiply-add peak measured now. Winograd convolutions need a',
    'quarter of the multiplications, so that they may exceed 100 % of it.',
    ...leftOut,
    "MB: most resident memory of a process that does this case only; ours/MB: our share of the peer's.",
    ...sharesTable(cases),
  ];
}
