/** Quotas over time, and requested against realised shares. */
import { quotaChart } from '../charts/quotas.ts';
import { type ShareBars, shareChart } from '../charts/shares.ts';
import { taskColour } from '../charts/theme.ts';
import { percent, whole } from '../format.ts';
import { curveOf, type MetricsLine, type Point, thinned } from '../gather/metrics.ts';
import { contentOf, reasonOf } from '../gather/piece.ts';
import type { ReportTask, RunFacts } from '../gather/run.ts';
import { type Content, type Html, html } from '../html.ts';
import { largestDeviation, linesOf, type RunGroup } from '../model.ts';
import { chartFigure, dataTable, folded, missing, runName, section } from './parts.ts';

export function quotasSection({ runs, tasks, levels }: RunGroup, prefix: string): Html {
  return section(
    {
      id: `${prefix}quotas`,
      title: 'Quotas',
      lead: 'The share of the samples that each task is asked for. A band that grows means that the task is given more of the batches; the bands stand in the order of the tasks, from below.',
    },
    html`<div class="runs">${runs.map((run) => {
      const parts = [
        html`<h3>${runTitle(run, 'Over time')}</h3>${overTime(run, tasks, levels)}`,
        html`<h3>${runTitle(run, 'Requested and realised')}</h3>${shares(run, tasks)}`,
      ];
      return runs.length > 1
        ? html`<div class="run">${parts}</div>`
        : parts.map((part) => html`<div class="run">${part}</div>`);
    })}</div>`,
  );
}

const runTitle = ({ letter, name }: RunFacts, title: string) =>
  letter ? `${letter} · ${name}: ${title.toLowerCase()}` : title;

/**
 * Areas need all bands at the same steps, so lines are dropped together. A line holds the shares that
 * are asked for after its step: the last ones have not been used, and the first ones held from the start.
 */
function quotaBands(lines: readonly MetricsLine[], tasks: readonly ReportTask[]) {
  const steps = new Set(
    tasks.flatMap(({ id }) => thinned(curveOf(lines, id, 'share'), 120).map(([step]) => step)),
  );
  const kept = lines.filter(({ step }) => steps.has(step));
  return tasks.map(({ id }) => {
    const used = kept.slice(0, -1).map(({ step, tasks: at }): Point => [step, at[id]?.share ?? 0]);
    const first = kept[0]?.tasks[id]?.share ?? 0;
    const end = kept.at(-1)?.step ?? 0;
    return {
      task: id,
      shares: [[0, first] as Point, ...used, [end, used.at(-1)?.[1] ?? first] as Point],
    };
  });
}

function overTime(run: RunFacts, tasks: readonly ReportTask[], levels: number): Content {
  const lines = linesOf(run);
  if (lines.length === 0) return nothingYet(run);
  const bands = quotaBands(lines, tasks);
  const chart = { bands, levels };
  const legend = html`<ol class="legend narrow">${tasks.map(
    ({ id }, at) =>
      html`<li><span class="swatch" style="background:${taskColour(at, levels)}"></span>${id}</li>`,
  )}</ol>`;
  const moved = bands.map(({ shares: all }) => rangeOfShares(all));
  const least = moved.every(({ low, high }) => high - low < 1e-9);
  const alt = `Stacked areas of the quotas of ${tasks.length} tasks over ${whole(lines.at(-1)?.step ?? 0)} steps of ${runName(run)}. ${least ? 'They do not change.' : 'Their numbers are in the table below.'}`;
  return [
    chartFigure({
      alt,
      wide: quotaChart(chart, { width: 520, height: Math.max(430, 14 * tasks.length + 40) }, true),
      narrow: quotaChart(
        chart,
        { width: 306, height: Math.max(260, 12 * tasks.length + 40) },
        false,
      ),
    }),
    legend,
    least ? html`<p class="note">This rule leaves the shares as they are.</p>` : '',
    folded(
      'Numbers',
      dataTable(
        `Quotas of ${runName(run)}`,
        ['task', 'at first', 'least', 'most', 'at last'].map((title, at) => ({
          title,
          number: at > 0,
        })),
        bands.map(({ task, shares: all }, at) => [
          task,
          percent(all[0]?.[1]),
          percent(moved[at]?.low),
          percent(moved[at]?.high),
          percent(all.at(-1)?.[1]),
        ]),
      ),
    ),
  ];
}

function rangeOfShares(points: readonly Point[]) {
  const values = points.map(([, value]) => value);
  return { low: Math.min(...values), high: Math.max(...values) };
}

function shares(run: RunFacts, tasks: readonly ReportTask[]): Content {
  const lines = linesOf(run);
  const last = lines.at(-1);
  if (!last) return nothingYet(run);
  const bars = shareBars(last, tasks);
  if (!bars) {
    return missing('The metrics hold no counts: in this mode whole batches are drawn, not tasks.');
  }
  const deviation = largestDeviation(lines);
  const total = Object.values(last.tasks).reduce((sum, { realised }) => sum + (realised ?? 0), 0);
  const said =
    deviation === null
      ? ''
      : `Share of all ${whole(total)} samples so far. Quotas are exact, with carried remainders: at no line of the log had a task more than ${deviation.toFixed(2)} samples too few or too many.`;
  return chartFigure({
    alt: `Bars of natural, requested and realised shares of ${tasks.length} tasks in ${runName(run)}. ${said}`,
    wide: shareChart(bars, { width: 500, labelWidth: 126 }),
    narrow: shareChart(bars, { width: 306, labelWidth: 82 }),
    caption: said,
  });
}

function shareBars(
  { tasks: last }: MetricsLine,
  tasks: readonly ReportTask[],
): ShareBars[] | undefined {
  const sum = (key: 'requested' | 'realised') =>
    tasks.reduce((total, { id }) => total + (last[id]?.[key] ?? Number.NaN), 0);
  const [requested, realised] = [sum('requested'), sum('realised')];
  if (!(requested > 0) || !(realised > 0)) return undefined;
  return tasks.map(({ id, mass }) => ({
    task: id,
    natural: mass,
    requested: (last[id]?.requested ?? 0) / requested,
    realised: (last[id]?.realised ?? 0) / realised,
  }));
}

function nothingYet(run: RunFacts): Html {
  const reason = reasonOf(run.metrics);
  const written = contentOf(run.metrics) && 'metrics.jsonl holds no line yet';
  return missing(`There is nothing to show. ${reason ?? written}`);
}
