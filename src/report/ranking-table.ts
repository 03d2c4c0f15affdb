/** A ranking as tables for a terminal. */
import { boundText } from '../degradation/region.ts';
import { gapText, type RankDocument } from '../evaluate/ranking/document.ts';
import type { Capacity, RankedAxis, ScoreName } from '../evaluate/ranking/rank.ts';
import type { RankedGrid } from '../evaluate/ranking/ranked-grids.ts';
import { formatTable } from './table.ts';

const right = 'right' as const;
const number = (value: number | null | undefined) =>
  value === null || value === undefined ? '-' : value.toFixed(3);

/** A grid in words: `bottleneck {0.6, 0.85} x noise {8}`. */
export function gridText(boundaries: RankedGrid['boundaries']): string {
  const axes = Object.entries(boundaries).map(
    ([axis, cuts = []]) => `${axis} {${cuts.map((cut) => Number(cut.toPrecision(6))).join(', ')}}`,
  );
  return axes.join(' x ') || 'one task';
}

function capacityCells(capacity: Capacity | undefined): string[] {
  if (!capacity) return ['-', '', ''];
  const { eta2, interval, permuted } = capacity;
  const sure = interval ? `${number(interval[0])} to ${number(interval[1])}` : '-';
  return [`${number(eta2)}${eta2 > permuted.upper ? '*' : ' '}`, sure, number(permuted.upper)];
}

/** All axes with their capacities; a star: above what 95 % of the permutations reach. */
export function capacityTable({ ranking }: RankDocument): string[] {
  const columns = [
    { title: 'axis' },
    { title: 'bins', align: right },
    { title: 'chance', align: right },
    ...ranking.scores.flatMap((score) => [
      { title: `eta2 ${score} `, align: right },
      { title: '95 % interval', align: right },
      { title: 'by chance', align: right },
    ]),
  ];
  const rows = ranking.axes.map(({ axis, bins, chance, capacity }) => [
    axis,
    String(bins),
    number(chance),
    ...ranking.scores.flatMap((score) => capacityCells(capacity[score])),
  ]);
  return formatTable(columns, rows);
}

const shownSplits = 8;

/** The axes whose best split explains most of a score. */
export function bestSplits(axes: readonly RankedAxis[], score: ScoreName) {
  return axes
    .flatMap(({ capacity }) => capacity[score]?.split ?? [])
    .sort((a, b) => b.r2 - a.r2)
    .slice(0, shownSplits);
}

export function splitTable({ ranking }: RankDocument): string[] {
  const columns = ranking.scores.flatMap((score) => [
    { title: `best single split, ${score}` },
    { title: 'R2', align: right },
  ]);
  const sides = ranking.scores.map((score) => bestSplits(ranking.axes, score));
  const rows = Array.from({ length: Math.max(0, ...sides.map((side) => side.length)) }, (_, at) =>
    sides.flatMap((side) => {
      const split = side[at];
      if (!split) return ['', ''];
      return [boundText({ axis: split.axis, min: split.threshold, max: null }), number(split.r2)];
    }),
  );
  return formatTable(columns, rows);
}

export function gridTable({ ranking }: RankDocument): string[] {
  const columns = [
    { title: 'grid' },
    { title: 'tasks', align: right },
    { title: 'smallest', align: right },
    ...ranking.scores.flatMap((score) => [
      { title: `R2 ${score}`, align: right },
      { title: 'cross-validated', align: right },
    ]),
    { title: 'boundaries' },
  ];
  const rows = ranking.grids.map(({ name, tasks, smallest, r2, boundaries }) => [
    name,
    String(tasks),
    `${(100 * smallest).toFixed(1)} %`,
    ...ranking.scores.flatMap((score) => [
      number(r2[score]?.fitted),
      number(r2[score]?.crossValidated),
    ]),
    gridText(boundaries),
  ]);
  return formatTable(columns, rows);
}

/** What was measured, in sentences. */
export function rankingRemarks({ protocol, ranking }: RankDocument): string[] {
  const { psnr, gap } = ranking.spread;
  const within = (share: number) => `${(100 * share).toFixed(0)} %`;
  return [
    `${ranking.draws} draws on ${ranking.photos} photographs, ${protocol.crops} crops of ${protocol.crop} pixels each`,
    `PSNR ${psnr.mean.toFixed(2)} dB, deviation ${psnr.deviation.toFixed(2)} dB, ${within(psnr.within)} of its variance within photographs`,
    `gap ${gap.mean.toFixed(2)} dB, deviation ${gap.deviation.toFixed(2)} dB, ${within(gap.within)} within: ${gapText(protocol.gapTo)}`,
  ];
}
