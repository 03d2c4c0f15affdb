/** Requested against realised shares of the samples, beside the natural masses. */
import { percent } from '../format.ts';
import type { Html } from '../html.ts';
import { drawChart, type Size } from './draw.ts';
import { colours, fontSize, valueAxis, wrapped } from './theme.ts';

export interface ShareBars {
  task: string;
  /** In [0, 1]; null where it is not known. */
  natural: number | null;
  requested: number;
  realised: number;
}

const series = [
  { key: 'natural', label: 'natural', colour: 'var(--bar0)' },
  { key: 'requested', label: 'requested', colour: 'var(--bar1)' },
  { key: 'realised', label: 'realised', colour: 'var(--bar2)' },
] as const;

const rowHeight = 50;

/** Three bars a task, each with its number; the tasks from the top down. */
export function shareChart(
  bars: readonly ShareBars[],
  { width, labelWidth }: { width: number; labelWidth: number },
): Html {
  const size: Size = { width, height: bars.length * rowHeight + 16 };
  return drawChart(
    {
      grid: { left: labelWidth, right: 118, top: 4, bottom: 12 },
      xAxis: { ...valueAxis({ min: 0, format: () => '' }), splitLine: { show: false } },
      yAxis: {
        type: 'category',
        inverse: true,
        data: bars.map(({ task }) => task),
        axisLine: { lineStyle: { color: colours.rule } },
        axisTick: { show: false },
        axisLabel: {
          color: colours.text,
          fontSize,
          formatter: (name: string) => wrapped(name, Math.floor(labelWidth / 7.4)),
        },
      },
      series: series.map(({ key, label, colour }) => ({
        name: label,
        type: 'bar',
        silent: true,
        barWidth: 10,
        barGap: '25%',
        itemStyle: { color: colour },
        data: bars.map((bar) => ({
          value: bar[key] ?? 0,
          label: {
            show: bar[key] !== null,
            position: 'right',
            color: colours.text,
            fontSize: 10.5,
            formatter: `${percent(bar[key], 2)} ${label}`,
          },
        })),
      })),
    },
    size,
  );
}
