/** Differences with their intervals, one row each, above a line at 0: a forest plot. */
import { drawChart } from '../../report/page/charts/draw.ts';
import { colours, fontSize, valueAxis, wrapped } from '../../report/page/charts/theme.ts';
import { signed } from '../../report/page/format.ts';
import type { Html } from '../../report/page/html.ts';

export interface ForestRow {
  label: string;
  value: number;
  interval: readonly [low: number, high: number] | null;
}

export interface ForestLook {
  width: number;
  labelWidth: number;
  /** Beside the rows: numbers with their intervals, or without where there is no room. */
  intervals: boolean;
  /** Digits of these numbers. */
  digits: number;
  /** A dashed line: what was aimed at. */
  aim?: number;
}

const rowHeight = 30;

/** A mark at each value, a line over its interval, its numbers to the right; rows from the top down. */
export function forestChart(rows: readonly ForestRow[], look: ForestLook): Html {
  const { width, labelWidth, aim } = look;
  const [min, max, interval] = spanOf(rows, aim);
  return drawChart(
    {
      grid: { left: labelWidth, right: look.intervals ? 172 : 54, top: 6, bottom: 24 },
      xAxis: {
        ...valueAxis({ min, max, interval, format: (value) => signed(value, digitsOf(interval)) }),
        splitLine: { show: false },
        axisLabel: {
          color: colours.faint,
          fontSize,
          hideOverlap: true,
          formatter: (value: number) => signed(value, digitsOf(interval)),
        },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: rows.map((_, at) => String(at)),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: {
          color: colours.text,
          fontSize,
          formatter: (at: string) =>
            wrapped(rows[Number(at)]?.label ?? '', Math.floor(labelWidth / 6.4)),
        },
      },
      series: [
        ...rows.flatMap(({ interval: ends }, at) => (ends ? [line(ends, at)] : [])),
        marks(rows, max, look),
      ],
    },
    { width, height: rows.length * rowHeight + 30 },
  );
}

function line([low, high]: readonly [number, number], at: number) {
  return {
    type: 'line',
    silent: true,
    symbol: 'none',
    lineStyle: { width: 2, color: 'var(--bar0)', type: 'solid' },
    data: [
      [low, at],
      [high, at],
    ],
  };
}

function marks(rows: readonly ForestRow[], max: number, { digits, intervals, aim }: ForestLook) {
  const text = ({ value, interval }: ForestRow) =>
    interval && intervals
      ? `${signed(value, digits)} [${signed(interval[0], digits)}, ${signed(interval[1], digits)}]`
      : signed(value, digits);
  return {
    type: 'scatter',
    silent: true,
    clip: false,
    // Above the lines of the intervals.
    z: 3,
    symbolSize: 9,
    itemStyle: { color: 'var(--bar1)', opacity: 1 },
    markLine: {
      silent: true,
      symbol: 'none',
      label: { show: false },
      data: [
        { xAxis: 0, lineStyle: { color: colours.faint, type: 'solid', width: 1 } },
        ...(aim === undefined
          ? []
          : [{ xAxis: aim, lineStyle: { color: colours.faint, type: [5, 3], width: 1 } }]),
      ],
    },
    data: rows.flatMap((row, at) => [
      { value: [row.value, at] },
      // A mark of no size at the right edge carries the numbers, all in one column.
      {
        value: [max, at],
        symbolSize: 0,
        label: {
          show: true,
          position: 'right',
          distance: 6,
          color: colours.text,
          fontSize: 10.5,
          formatter: text(row),
        },
      },
    ]),
  };
}

/** Digits that tell two marks of the axis apart. */
function digitsOf(interval: number): number {
  return Math.min(6, Math.max(0, Math.ceil(-Math.log10(interval) - 1e-9)));
}

/** Round ends around all intervals, 0 and the aim, and the distance of the marks. */
export function spanOf(
  rows: readonly ForestRow[],
  aim = 0,
): [min: number, max: number, interval: number] {
  const values = rows.flatMap(({ value, interval }) => [value, ...(interval ?? [])]);
  const low = Math.min(0, aim, ...values);
  const high = Math.max(0, aim, ...values);
  const wanted = (high - low || 1) / 4;
  const size = 10 ** Math.floor(Math.log10(wanted));
  const interval = (([1, 2, 5].find((step) => step * size >= wanted) ?? 10) * size) as number;
  const least = Math.floor(low / interval - 1e-9);
  const most = Math.ceil(high / interval + 1e-9);
  return [least * interval, most * interval, interval];
}
