/** Capacities of parameters: a bar each, its interval, and what chance reaches. */
import type { Interval } from '../../../evaluate/ranking/interval.ts';
import type { Html } from '../html.ts';
import { drawChart } from './draw.ts';
import { colours, fontSize, valueAxis } from './theme.ts';

export interface CapacityBar {
  label: string;
  /** In [0, 1]. */
  value: number;
  interval: Interval | null;
  /** What 95 % of the permutations stay at or below. */
  chance: number;
}

const rowHeight = 26;
const room = 128;

/** Bars from the top down; a line over the interval, an upright mark at chance, the numbers at the right. */
export function capacityChart(
  bars: readonly CapacityBar[],
  { width, labelWidth }: { width: number; labelWidth: number },
): Html {
  const ends = bars.flatMap(({ value, interval, chance }) => [value, chance, interval?.[1] ?? 0]);
  const max = Math.min(1, Math.ceil(Math.max(0.05, ...ends) * 20) / 20);
  return drawChart(
    {
      grid: { left: labelWidth, right: room, top: 6, bottom: 24 },
      xAxis: valueAxis({ min: 0, max, ticks: 4, format: (value) => value.toFixed(2) }),
      yAxis: {
        type: 'category',
        inverse: true,
        data: bars.map(({ label }) => label),
        axisLine: { lineStyle: { color: colours.rule } },
        axisTick: { show: false },
        axisLabel: { color: colours.text, fontSize },
      },
      series: [
        {
          type: 'bar',
          silent: true,
          barWidth: 12,
          itemStyle: { color: 'var(--bar1)' },
          data: bars.map(({ value }) => value),
        },
        ...bars.flatMap(({ interval }, at) => (interval ? [whisker(interval, at)] : [])),
        marks(bars),
        numbers(bars, max),
      ],
    },
    { width, height: bars.length * rowHeight + 30 },
  );
}

function whisker([low, high]: Interval, at: number) {
  return {
    type: 'line',
    silent: true,
    symbol: 'none',
    lineStyle: { width: 2, color: colours.text, type: 'solid' },
    data: [
      [low, at],
      [high, at],
    ],
  };
}

function marks(bars: readonly CapacityBar[]) {
  return {
    type: 'scatter',
    silent: true,
    symbol: 'rect',
    symbolSize: [3, 18],
    itemStyle: { color: 'var(--bar2)', opacity: 1 },
    data: bars.map(({ chance }, at) => [chance, at]),
  };
}

/** Marks of no size at the right edge carry the numbers, all in one column. */
function numbers(bars: readonly CapacityBar[], max: number) {
  const text = ({ value, interval }: CapacityBar) =>
    interval
      ? `${value.toFixed(3)} [${interval[0].toFixed(3)}, ${interval[1].toFixed(3)}]`
      : value.toFixed(3);
  return {
    type: 'scatter',
    silent: true,
    clip: false,
    symbolSize: 0,
    itemStyle: { color: colours.text, opacity: 1 },
    data: bars.map((bar, at) => ({
      value: [max, at],
      label: {
        show: true,
        position: 'right',
        distance: 6,
        color: colours.text,
        fontSize: 10.5,
        formatter: text(bar),
      },
    })),
  };
}
