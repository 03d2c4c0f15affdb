/** The figures of `evensr bench` as one SVG that stands on its own, for light pages. */
import { renderSvg } from '../report/page/charts/draw.ts';
import { visible } from '../report/page/html.ts';
import type { BenchmarkRecord, RecordedCase } from './record.ts';
import { batchSizes, type ScalingCell, speedOf } from './scaling.ts';

const width = 900;
const left = 150;
const rowHeight = 26;
const colours = {
  ...{ ground: '#ffffff', text: '#1b2129', faint: '#566170', rule: '#dfe3e9' },
  ...{ own: '#1f5fa8', peer: '#b9c2cd', lines: ['#1f5fa8', '#b4530a', '#1d7a55', '#7a3fa0'] },
};
const font = 'system-ui, -apple-system, Segoe UI, Roboto, Arial, sans-serif';

/** What one panel adds to the drawing; every panel has a grid and two axes of its own. */
interface Panel {
  title: string;
  height: number;
  xAxis: object;
  yAxis: object;
  series: readonly object[];
}

const label = { color: colours.text, fontSize: 12 };

function names(data: readonly string[]) {
  return {
    ...{ type: 'category', inverse: true, data, axisLabel: label },
    ...{ axisTick: { show: false }, axisLine: { lineStyle: { color: colours.rule } } },
  };
}

function numbers(more: object) {
  return {
    axisLabel: { color: colours.faint, fontSize: 11 },
    splitLine: { lineStyle: { color: colours.rule } },
    ...more,
  };
}

const perSecond = (milliseconds: number) => 1000 / milliseconds;
const short = (value: number) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));

function bars(color: string, data: readonly object[], more: object = {}) {
  return { type: 'bar', itemStyle: { color }, data, label: { show: true, ...label }, ...more };
}

/** Bars of what each contender does in a second. */
function contests(title: string, cases: readonly RecordedCase[]): Panel {
  const most = Math.max(...cases.map(({ peers }) => peers.length));
  const own = cases.map(({ median, peers: [first] }) => {
    const ratio = first ? `, ${short(first.ratio)} × ${first.name}` : '';
    const text = `${short(perSecond(median))}${ratio}`;
    return { value: perSecond(median), label: { position: 'right', formatter: text } };
  });
  const theirs = Array.from({ length: most }, (_, at) =>
    cases.map(({ peers }) => {
      const peer = peers[at];
      if (!peer) return { value: null };
      const text = `${short(perSecond(peer.median))} ${peer.name}`;
      return { value: perSecond(peer.median), label: { position: 'right', formatter: text } };
    }),
  );
  const values = [...own, ...theirs.flat()].flatMap(({ value }) => value ?? []);
  const min = 10 ** Math.floor(Math.log10(Math.min(...values) / 1.5));
  return {
    title: `${title} (logarithmic)`,
    height: rowHeight * (1 + 0.7 * most) * cases.length,
    xAxis: numbers({
      ...{ type: 'log', min, startValue: min },
      max: 10 ** Math.ceil(Math.log10(Math.max(...values) * 4)),
    }),
    yAxis: names(cases.map(({ name }) => name)),
    series: [
      bars(colours.own, own, { barGap: '0%', barCategoryGap: '30%' }),
      ...theirs.map((data) => bars(colours.peer, data)),
    ],
  };
}

function operators(cases: readonly RecordedCase[]): Panel {
  return {
    title:
      'Operators: microseconds of one thread for an image, and how much of its floor each reaches',
    height: rowHeight * cases.length,
    xAxis: numbers({ type: 'value' }),
    yAxis: names(cases.map(({ name }) => name.slice('op/'.length))),
    series: [
      bars(
        colours.own,
        cases.map(({ median, floorShare }) => ({
          value: median,
          label: {
            position: 'right',
            formatter: `${short(median)}, ${Math.round(100 * floorShare)} % of floor`,
          },
        })),
        { barCategoryGap: '30%' },
      ),
    ],
  };
}

function scaling(cells: readonly ScalingCell[]): Panel {
  const threads = [...new Set(cells.map((cell) => cell.threads))];
  const sizes = batchSizes.filter((size) => cells.some(({ batch }) => batch === size));
  return {
    title: 'Images a second over the batch size, by threads',
    height: 180,
    xAxis: { ...names(sizes.map((size) => `batch ${size}`)), inverse: false },
    yAxis: numbers({ type: 'value', min: 0 }),
    series: threads.map((count, at) => ({
      type: 'line',
      symbolSize: 6,
      lineStyle: { width: 2, type: at === 0 ? 'solid' : [6, 2 + at] },
      color: colours.lines[at % colours.lines.length],
      data: sizes.map((size) => {
        const cell = cells.find(({ batch, threads }) => batch === size && threads === count);
        return cell ? speedOf(cell) : null;
      }),
      endLabel: {
        ...{ show: true, ...label, color: 'inherit' },
        formatter: count === 1 ? '1 thread' : `${count} threads`,
      },
    })),
  };
}

/** `cells`: none leaves the panel of batch sizes and threads out, as no case leaves out its panel. */
export function benchmarkChart(record: BenchmarkRecord, cells: readonly ScalingCell[]): string {
  const isOperator = ({ name }: RecordedCase) => name.startsWith('op/');
  const isCell = ({ name }: RecordedCase) => name.startsWith('scaling/');
  const whole = record.cases.filter((found) => !isOperator(found) && !isCell(found));
  const single = record.cases.filter(isOperator);
  const panels = [
    ...(whole.length > 0 ? [contests('Images a second, whole pipeline', whole)] : []),
    ...(single.length > 0 ? [operators(single)] : []),
    ...(cells.length > 0 ? [scaling(cells)] : []),
  ];
  return drawn('evensr bench degrade', record, panels);
}

/** `unit`: what is done again and again, `Training steps`. */
export function networkChart(record: BenchmarkRecord, heading: string, unit: string): string {
  return drawn(heading, record, [contests(`${unit} a second`, record.cases)]);
}

const headHeight = 76;
const titleHeight = 34;
const axisHeight = 34;

function drawn(
  heading: string,
  { cpu, threads, machine, commit, date }: BenchmarkRecord,
  panels: readonly Panel[],
): string {
  const tops: number[] = [];
  let height = headHeight;
  for (const panel of panels) {
    tops.push(height + titleHeight);
    height += titleHeight + panel.height + axisHeight;
  }
  const title = (text: string, top: number, fontSize: number) => ({
    ...{ text, top, left: 20, textStyle: { color: colours.text, fontSize, fontFamily: font } },
  });
  const where = `${cpu}, ${threads} threads; ${machine}; commit ${commit}, ${date}`;
  const option = {
    backgroundColor: colours.ground,
    textStyle: { fontFamily: font, color: colours.text },
    title: [
      {
        ...title(heading, 14, 17),
        subtext: where,
        subtextStyle: {
          color: colours.faint,
          fontSize: 12,
          fontFamily: font,
          overflow: 'truncate',
        },
      },
      ...panels.map((panel, at) => title(panel.title, (tops[at] as number) - titleHeight + 8, 13)),
    ],
    grid: panels.map((panel, at) => ({
      ...{ left, right: 120, top: tops[at], height: panel.height },
    })),
    xAxis: panels.map(({ xAxis }, gridIndex) => ({ ...xAxis, gridIndex })),
    yAxis: panels.map(({ yAxis }, gridIndex) => ({ ...yAxis, gridIndex })),
    series: panels.flatMap(({ series }, at) =>
      series.map((one) => ({ silent: true, ...one, xAxisIndex: at, yAxisIndex: at })),
    ),
  };
  return visible(renderSvg(option, { width, height: height + 8 }));
}
