/** Where the time of a step went: one bar a run. */
import { percent } from '../format.ts';
import type { Html } from '../html.ts';
import { drawChart } from './draw.ts';
import { colours, fontSize, valueAxis } from './theme.ts';

export interface StepSplit {
  label: string;
  /** Shares of a step that were waited for; they sum to 1. */
  data: number;
  degrade: number;
  network: number;
}

const parts = [
  { key: 'network', colour: 'var(--bar1)', text: 'var(--on-bar1)' },
  { key: 'degrade', colour: 'var(--bar0)', text: 'var(--on-bar0)' },
  { key: 'data', colour: 'var(--bar2)', text: 'var(--on-bar2)' },
] as const;

/** A part that is narrower than this holds no words; the text beside the chart names all. */
const leastLabelled = 0.2;

export function splitChart(splits: readonly StepSplit[], width: number): Html {
  const height = 34 * splits.length + 8;
  const named = splits.some(({ label }) => label !== '');
  return drawChart(
    {
      grid: { left: named ? 26 : 4, right: 8, top: 4, bottom: 4 },
      xAxis: { ...valueAxis({ min: 0, max: 1, format: () => '' }), splitLine: { show: false } },
      yAxis: {
        type: 'category',
        inverse: true,
        data: splits.map(({ label }) => label),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: colours.text, fontSize, fontWeight: 'bold' },
      },
      series: parts.map(({ key, colour, text }) => ({
        name: key,
        type: 'bar',
        stack: 'step',
        silent: true,
        barWidth: 24,
        itemStyle: { color: colour, borderColor: colours.ground, borderWidth: 1 },
        data: splits.map((split) => ({
          value: split[key],
          label: {
            show: split[key] >= leastLabelled,
            position: 'inside',
            color: text,
            fontSize,
            formatter: `${key} ${percent(split[key], 0)}`,
          },
        })),
      })),
    },
    { width, height },
  );
}
