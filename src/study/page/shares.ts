/** Shares over time: how each arm divided its samples among the tasks. */
import { type QuotaBand, quotaChart } from '../../report/page/charts/quotas.ts';
import { taskColour } from '../../report/page/charts/theme.ts';
import { percent, whole } from '../../report/page/format.ts';
import { type Point, thinned } from '../../report/page/gather/metrics.ts';
import { type Content, type Html, html } from '../../report/page/html.ts';
import {
  chartFigure,
  dataTable,
  folded,
  missing,
  section,
} from '../../report/page/sections/parts.ts';
import { gridOf } from '../../report/page/sections/results.ts';
import type { StudyInput, StudyRun } from '../results-input.ts';

/** Steps that a chart shows at most. */
const most = 120;

export function sharesSection(input: StudyInput): Html {
  const text = {
    id: 'shares',
    title: 'Shares over time',
    lead: 'How each arm divided its samples among the tasks: its longest finished run with the lowest seed. Bands stand in the order of the tasks, from below.',
  };
  const shown = input.arms.flatMap(({ name }) => shownRun(input, name) ?? []);
  if (shown.length === 0) return section(text, missing('No run is finished yet.'));
  const levels = levelsOf(input.tasks);
  return section(
    text,
    html`<ol class="legend narrow">${input.tasks.map(
      ({ id }, at) =>
        html`<li><span class="swatch" style="background:${taskColour(at, levels)}"></span>${id}</li>`,
    )}</ol>
<div class="runs">${shown.map((run) => html`<div class="run">${runShares(run, input, levels)}</div>`)}</div>`,
  );
}

function shownRun({ runs }: StudyInput, arm: string): StudyRun | undefined {
  return runs
    .filter((run) => run.arm === arm)
    .toSorted((a, b) => b.budget - a.budget || a.seed - b.seed)[0];
}

/** How many tasks stand one after the other that differ in the last axis only; 0 when that cannot be seen. */
function levelsOf(tasks: StudyInput['tasks']): number {
  const fits = (levels: number) => gridOf(tasks, levels).columns !== undefined;
  return tasks.map((_, at) => at).find((levels) => levels > 1 && fits(levels)) ?? 0;
}

function runShares(run: StudyRun, { tasks }: StudyInput, levels: number): Content {
  const title = html`<h3>${run.arm}</h3><p class="fine">${whole(run.budget)} steps, seed ${run.seed}</p>`;
  const bands = bandsOf(run, tasks);
  const [first] = bands;
  if (!first) return [title, missing('Its log holds no shares: it draws whole batches.')];
  const size = Math.max(300, 14 * tasks.length + 40);
  const still = bands.every(({ shares }) => shares.every(([, share]) => share === shares[0]?.[1]));
  return [
    title,
    chartFigure({
      alt: `Stacked areas of the shares of ${tasks.length} tasks over ${whole(run.budget)} steps of ${run.arm}. ${still ? 'They do not change.' : 'Their numbers are in the table below.'}`,
      wide: quotaChart({ bands, levels }, { width: 520, height: size }, true),
      narrow: quotaChart({ bands, levels }, { width: 306, height: 260 }, false),
      ...(still ? { caption: 'Its shares do not change.' } : {}),
    }),
    folded('Numbers', shareTable(run, bands)),
  ];
}

/** Shares hold from their step on; the first ones from the start, the last ones to the end. */
function bandsOf({ shares, budget }: StudyRun, tasks: StudyInput['tasks']): QuotaBand[] {
  const known = shares.filter(({ shares: at }) => tasks.every(({ id }) => Number.isFinite(at[id])));
  const kept = new Set(
    tasks.flatMap(({ id }) =>
      thinned(
        known.map(({ step, shares: at }): Point => [step, at[id] as number]),
        most,
      ).map(([step]) => step),
    ),
  );
  const used = known.filter(({ step }) => kept.has(step));
  const [first, last] = [used[0], used.at(-1)];
  if (!first || !last) return [];
  return tasks.map(({ id }) => ({
    task: id,
    shares: [
      [0, first.shares[id] as number] as Point,
      ...used.map(({ step, shares: at }): Point => [step, at[id] as number]),
      [Math.max(budget, last.step), last.shares[id] as number] as Point,
    ],
  }));
}

function shareTable({ realised, arm }: StudyRun, bands: readonly QuotaBand[]): Html {
  const total = Object.values(realised).reduce((a, b) => a + b, 0);
  return dataTable(
    `Shares of ${arm}`,
    ['task', 'at first', 'at last', 'of all samples'].map((title, at) => ({
      title,
      number: at > 0,
    })),
    bands.map(({ task, shares }) => [
      task,
      percent(shares[0]?.[1]),
      percent(shares.at(-1)?.[1]),
      percent(total > 0 ? (realised[task] ?? 0) / total : null),
    ]),
  );
}
