/** PSNR, KPI and focal weight of each task over time, as small multiples. */
import { commonSpan, type Panel, type PanelMark, panelChart, rangeOf } from '../charts/panels.ts';
import { decibels, significant } from '../format.ts';
import { curveOf, type Point, type TaskQuantity, thinned } from '../gather/metrics.ts';
import { type Content, type Html, html } from '../html.ts';
import { bicubicPsnr, linesOf, type RunGroup, sameProbes } from '../model.ts';
import { missing, runName, section } from './parts.ts';
import { runKey } from './run-key.ts';

interface Measure {
  quantity: TaskQuantity;
  title: string;
  lead: string;
  /** The range of values that each panel shows. */
  scales: (panels: readonly Panel[]) => [number, number][];
  format: (value: number) => string;
}

const measures: readonly Measure[] = [
  {
    quantity: 'psnr',
    title: 'PSNR of each task',
    lead: 'In dB, on the probes. Every panel spans the same number of decibels, so that slopes can be compared.',
    scales: ofOneSpan,
    format: decibels,
  },
  {
    quantity: 'kpi',
    title: 'KPI of each task',
    lead: 'How close a task is to its reference: the mean squared error of its specialist over that of the network. 1 means as good as the specialist.',
    scales: (panels) => panels.map(() => upToOne(valuesOf(panels))),
    format: (value) => value.toFixed(3),
  },
  {
    quantity: 'focal',
    title: 'Focal weight of each task',
    lead: 'What the KPI is turned into: large where a task is far from its reference, near 0 where it has reached it. Quotas follow the weights.',
    scales: (panels) => panels.map(() => fromZero(valuesOf(panels))),
    format: (value) => (value > 0 && value < 0.001 ? '< 0.001' : significant(value, 2)),
  },
];

export function measuresSection(group: RunGroup, prefix: string): Html {
  return section(
    { id: `${prefix}measures`, title: 'Tasks over time' },
    runKey(group.runs),
    measures.map((measure) => measurePart(group, measure)),
  );
}

function measurePart(group: RunGroup, measure: Measure): Html {
  const panels = group.tasks.map(({ id }) => panelOf(group, id, measure));
  const lines = panels.flatMap((panel) => panel.lines);
  const head = html`<h3>${measure.title}</h3>`;
  if (lines.length === 0) return html`${head}${missing(whyNone(group, measure))}`;
  const without = group.runs.filter(({ number }) => lines.every(({ run }) => run !== number));
  const told = `Nothing of this is measured in ${without.map(runName).join(', ')}.`;
  const end = Math.max(...lines.map(({ points }) => points.at(-1)?.[0] ?? 1));
  const scales = measure.scales(panels);
  const figures = panels.map((panel, at) => {
    const id = group.tasks[at]?.id ?? '';
    const values = scales[at] as [number, number];
    const digits = measure.quantity === 'psnr' && values[1] - values[0] >= 1 ? 1 : 2;
    return html`<figure class="panel"><figcaption>${id} <span>${endsOf(group, panel, measure)}</span>${panel.marks.map(({ value, label }) => html`<span>${label} ${value.toFixed(2)}</span>`)}</figcaption>
<div role="img" aria-label="${altOf(group, id, panel, measure)}">${panelChart(panel, { steps: [0, end], values, digits })}</div></figure>
`;
  });
  return html`${head}<p class="lead">${measure.lead}${explained(panels)}</p>
${without.length > 0 ? html`<p class="fine">${told}</p>` : ''}
<div class="panels" style="${panelColumns(group.levels)}">${figures}</div>`;
}

/** Whole rows of the grid of tasks beside each other, on screens of two widths. */
function panelColumns(levels: number): string {
  const of = (most: number) =>
    levels > 0 && levels <= most ? levels * Math.floor(most / levels) : most;
  return `--wide:${of(6)};--middle:${of(4)}`;
}

function whyNone({ runs }: RunGroup, { quantity }: Measure): string {
  const any = runs.some((run) => linesOf(run).length > 0);
  if (!any) return 'There is nothing to show: no metrics have been written.';
  if (quantity === 'psnr') return 'The probes have not been measured yet.';
  return 'There is nothing to show: the rule does not compare tasks with references, or has not been updated yet.';
}

function panelOf(group: RunGroup, id: string, { quantity }: Measure): Panel {
  const lines = group.runs.flatMap((run) => {
    const points = thinned(curveOf(linesOf(run), id, quantity));
    return points.length > 0 ? [{ run: run.number, points }] : [];
  });
  return { lines, marks: quantity === 'psnr' ? marksOf(group, id) : [] };
}

/** Bicubic's PSNR, if it is one for all runs; the reference only of a single run. */
function marksOf({ runs }: RunGroup, id: string): PanelMark[] {
  const [first] = runs;
  if (!first || runs.some((run) => sameProbes(first, run) === false)) return [];
  const bicubic = runs.map((run) => bicubicPsnr(run)?.[id]).find((value) => value !== undefined);
  const reference = runs.length === 1 ? curveOf(linesOf(first), id, 'reference').at(-1)?.[1] : null;
  return [
    ...(typeof bicubic === 'number'
      ? [{ value: bicubic, label: 'bicubic', dash: [1.5, 2.5] }]
      : []),
    ...(typeof reference === 'number'
      ? [{ value: reference, label: 'reference', dash: [5, 3] }]
      : []),
  ];
}

function valuesOf(panels: readonly Panel[]): number[] {
  return panels.flatMap(({ lines, marks }) => [
    ...lines.flatMap(({ points }) => points.map(([, value]) => value)),
    ...marks.map(({ value }) => value),
  ]);
}

/** One span for all panels, each around its own middle, so that a rise of 1 dB is equally high in all. */
function ofOneSpan(panels: readonly Panel[]): [number, number][] {
  const ranges = panels.map((panel) => rangeOf(valuesOf([panel])));
  const span = commonSpan(ranges.filter((range) => range !== undefined));
  return ranges.map(([low, high] = [0, 0]) => {
    const start = Number(((low + high) / 2 - span / 2).toFixed(span < 1 ? 2 : 1));
    return [start, start + span];
  });
}

/** KPIs lie below 1, mostly in the upper half. */
function upToOne(values: readonly number[]): [number, number] {
  const least = values.reduce((a, b) => Math.min(a, b), 1);
  return [least < 0.5 ? 0 : least < 0.8 ? 0.5 : 0.8, 1];
}

function fromZero(values: readonly number[]): [number, number] {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const steps = [0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 1, 2, 4, 10, 20, 100];
  return [0, steps.find((step) => step >= most) ?? most];
}

const letterOf = ({ runs }: RunGroup, run: number) =>
  runs.find(({ number }) => number === run)?.letter;

const last = (points: readonly Point[]) => points.at(-1)?.[1];

/** What the horizontal lines are, if there are any. */
function explained(panels: readonly Panel[]): string {
  const labels = new Set(panels.flatMap(({ marks }) => marks.map(({ label }) => label)));
  const dotted = labels.has('bicubic') ? ' Dotted: bicubic interpolation.' : '';
  const dashed = labels.has('reference')
    ? ' Dashed: the reference, which a specialist of the task reached.'
    : '';
  return dotted + dashed;
}

/** The last values, after the panel's title. */
function endsOf(group: RunGroup, { lines }: Panel, { format }: Measure): Content {
  return lines.map(({ run, points }, at) => {
    const letter = letterOf(group, run);
    const text = `${letter ? `${letter} ` : ''}${format(last(points) as number)}`;
    return html`${at > 0 ? ', ' : ''}<span class="value">${text}</span>`;
  });
}

function altOf(group: RunGroup, id: string, { lines, marks }: Panel, measure: Measure): string {
  const told = lines.map(({ run, points }) => {
    const letter = letterOf(group, run);
    const name = letter ? ` of ${letter}` : '';
    const [first] = points;
    return `${measure.quantity}${name} of ${id} from ${measure.format(first?.[1] as number)} at step ${first?.[0]} to ${measure.format(last(points) as number)} at step ${points.at(-1)?.[0]}`;
  });
  const marked = marks.map(({ value, label }) => `${label} ${measure.format(value)}`);
  return [...told, ...marked].join('; ') || `${id}: nothing measured`;
}
